/** One per widget model: what is known of its stream, kept complete, and who shows it. */

import type { Clock } from "./clock.js";
import * as protocol from "./protocol.js";
import { emptyState, type Inbox, isTerminal, receive, type State } from "./reduce.js";

/** All that the front end needs of a widget model. */
export interface Channel {
  get(trait: "_stream" | "_snapshot" | "_assets"): unknown;
  send(request: protocol.Request): void;
  /** Calls `receive` with the content of each custom message, and its buffers. */
  onMessage(receive: (content: unknown, buffers?: readonly DataView[]) => void): void;
  /** Calls `changed` when the connection to the kernel's side ends, or is there again. */
  onConnection(changed: () => void): void;
}

/** What only this page knows. */
export interface Local {
  /** Stop was asked for here, and the kernel has not confirmed it yet. */
  readonly stopping: boolean;
  /** ... for so long that it must be busy with something else. */
  readonly busy: boolean;
  /** Text is missing, and the kernel does not answer. */
  readonly lost: boolean;
  /** The kernel's side of the widget is gone. */
  readonly closed: boolean;
  /** When the stream started, on this page's clock (ms). */
  readonly started: number;
  /** When the last status came, on this page's clock (ms). */
  readonly since: number;
}

export interface Viewer {
  readonly el: Element;
  changed(): void;
}

/** Waits before a resync is repeated. */
const RESYNC_DELAYS = [1000, 2000, 4000];
/** No answer to Stop for this long means that the kernel is busy. */
const STOP_PATIENCE = 300;
/** A cell that is moved loses its view and gets another: that is not the end. */
const RELEASE_DELAY = 1000;

export class Store {
  local: Local;
  private inbox: Inbox;
  private readonly viewers = new Set<Viewer>();
  private readonly timers = new Map<string, () => void>();
  private resyncs = 0;
  private shown = false;

  constructor(
    private readonly channel: Channel,
    readonly clock: Clock,
  ) {
    const now = clock.now();
    this.local = {
      stopping: false,
      busy: false,
      lost: false,
      closed: false,
      started: now,
      since: now,
    };
    this.inbox = { state: emptyState(String(channel.get("_stream"))), held: [], missing: false };
    const snapshot = protocol.parseFrame(channel.get("_snapshot"));
    if (snapshot) this.receive(snapshot);
    channel.onMessage((content) => this.onMessage(content));
    channel.onConnection(() => this.onConnection());
    this.send(protocol.hello(this.state.stream, this.state.seq));
  }

  get state(): State {
    return this.inbox.state;
  }

  get running(): boolean {
    return !isTerminal(this.state.status) && !this.local.closed;
  }

  /** Tells `viewer` of every change until it is removed or its element leaves the page. */
  add(viewer: Viewer): void {
    this.shown = true;
    this.stopTimer("release");
    this.viewers.add(viewer);
  }

  /** For a viewer that has ended. Once the last one has, the kernel may forget the stream. */
  remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.timer("release", RELEASE_DELAY, () => this.release());
  }

  /** Asks the kernel to stop the stream, and shows that at once. */
  cancel(reason = "stopped by you"): void {
    if (!this.running || (this.local.stopping && !this.local.busy)) return;
    this.send(protocol.cancel(this.state.stream, reason));
    this.change({ stopping: true, busy: false });
    this.timer("stop", STOP_PATIENCE, () => this.change({ busy: this.local.stopping }));
  }

  /** Takes up what the kernel offers for a stream that stalled or was cut. */
  goOn(): void {
    if (this.state.offer && !this.local.stopping) this.send(protocol.goOn(this.state.stream));
  }

  /** Ends all that is under way; the model is gone. */
  dispose(): void {
    for (const stop of this.timers.values()) stop();
    this.timers.clear();
    this.viewers.clear();
  }

  private onMessage(content: unknown): void {
    const message = protocol.parse(content);
    if (!message) {
      console.warn("nbstream: a message that is not of this protocol was ignored", content);
      return;
    }
    for (const frame of message.frames) this.receive(frame);
    this.change({ closed: false });
  }

  private onConnection(): void {
    // The first change is an end. Whether a later one is a beginning, an answer tells.
    if (this.local.closed) this.send(protocol.resync(this.state.stream, this.state.seq));
    this.change({ closed: true });
  }

  private receive(frame: protocol.Frame): void {
    const before = this.state;
    this.inbox = receive(this.inbox, frame);
    if (this.state !== before) this.follow(before);
    if (!this.inbox.missing) {
      this.resyncs = 0;
      this.stopTimer("resync");
      this.local = { ...this.local, lost: false };
    } else if (!this.timers.has("resync")) {
      this.resync();
    }
  }

  /** Keeps what only this page knows in step with the kernel. */
  private follow(before: State): void {
    const { status, timing, retry } = this.state;
    const now = this.clock.now();
    const local = { ...this.local };
    // A stream that goes on has a start of its own.
    if (isTerminal(before.status) && !isTerminal(status)) local.started = now;
    if (timing && timing !== before.timing) {
      // The message that took the shortest way tells best when the stream started.
      local.started = Math.min(local.started, now - timing.elapsed * 1000);
    }
    if (status !== before.status || timing !== before.timing || retry !== before.retry) {
      local.since = now;
    }
    if (status === "cancelling" || isTerminal(status)) {
      local.stopping = local.busy = false;
      this.stopTimer("stop");
    }
    this.local = local;
    if (isTerminal(status)) this.timer("release", RELEASE_DELAY, () => this.release());
  }

  /** One request in flight; the next when its time is up, or when there is a new reason. */
  private resync(): void {
    this.send(protocol.resync(this.state.stream, this.state.seq));
    const delay = RESYNC_DELAYS[this.resyncs++];
    if (delay === undefined) {
      this.resyncs = 0;
      this.change({ lost: true });
    } else {
      this.timer("resync", delay, () => this.resync());
    }
  }

  private release(): void {
    this.prune();
    const ended = isTerminal(this.state.status) && !this.inbox.missing;
    if (ended && this.shown && !this.viewers.size) {
      this.send(protocol.released(this.state.stream));
    }
  }

  private change(local: Partial<Local>): void {
    this.local = { ...this.local, ...local };
    this.prune();
    for (const viewer of this.viewers) viewer.changed();
  }

  /**
   * JupyterLab makes a new view at each update of an output and never tells the old one
   * (measured with 4.6). One that comes back to the page adds itself again.
   */
  private prune(): void {
    for (const viewer of this.viewers) if (!viewer.el.isConnected) this.viewers.delete(viewer);
  }

  private send(request: protocol.Request): void {
    try {
      this.channel.send(request);
    } catch (error) {
      console.warn("nbstream: the kernel cannot be reached", error);
    }
  }

  private timer(name: string, delay: number, run: () => void): void {
    this.stopTimer(name);
    this.timers.set(
      name,
      this.clock.after(delay, () => {
        this.timers.delete(name);
        run();
      }),
    );
  }

  private stopTimer(name: string): void {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }
}
