/** One per widget model: what is known of its stream, kept complete, and who shows it. */

import type { Channel } from "../host/channel.js";
import type { Clock } from "../host/clock.js";
import type { Control, News } from "../host/subshell.js";
import * as protocol from "../protocol/messages.js";
import * as requests from "../protocol/requests.js";
import { greet } from "./hello.js";
import { emptyState, type Inbox, isTerminal, receive, type State } from "./reduce.js";
import { deliver, join } from "./router.js";

/** What only this page knows. */
export interface Local {
  /** Stop was asked for here, and the kernel has not confirmed it yet. */
  readonly stopping: boolean;
  /** ... for so long that it must be busy with something else. */
  readonly busy: boolean;
  /** ... and its connection is closed, but the kernel is too busy to tell the end. */
  readonly hungUp: boolean;
  /** Text is missing, and the kernel does not answer. */
  readonly lost: boolean;
  /** The kernel's side of the widget is gone. */
  readonly closed: boolean;
  /** ... because the kernel itself is. */
  readonly kernel: Exclude<News, "hung up"> | "";
  /** When the stream started, on this page's clock (ms). */
  readonly started: number;
  /** When the last status came, on this page's clock (ms). */
  readonly since: number;
}

/** What the notebook keeps of the stream. */
export interface Outputs {
  /** The stream has ended, and its outputs had time to be updated. */
  ended(): void;
  /** The kernel is gone. When its end is known better, this may be called again. */
  lost(state: State, local: Local, now: number): void;
}

export interface Viewer {
  readonly el: Element;
  changed(): void;
}

/** The first wait (ms) before a resync is repeated; the repeats after which the page says so. */
const RESYNC = { delay: 1000, doublings: 6, patience: 3 };
/** No answer to Stop for this long means that the kernel is busy. */
const STOP_PATIENCE = 300;
/** Waits, while nothing comes, before the page asks whether it has missed the last of it. */
const QUIET = [5000, 60_000] as const;
/** Outputs are updated right after the stream's end: what is not by then never will be. */
const END_DELAY = 300;
/** News of one end of a kernel come together. */
const NEWS_DELAY = 1000;
/** A cell that is cut is pasted soon, or else deleted: then nobody sees the stream any more. */
const ORPHAN_DELAY = 5000;
/** A cell that is moved loses its view and gets another: that is not the end. */
const RELEASE_DELAY = 1000;
/** The last wait after which the page looks again whether an ended stream is still shown. */
const LONGEST_RELEASE = 32_000;

export class Store {
  local: Local;
  /** Whether the inspector was open last: it then is in a view that takes another's place, too. */
  inspected = false;
  /** Who hears every message of the kernel, whatever it is. */
  readonly listeners = new Set<(content: unknown) => void>();
  private inbox: Inbox;
  private readonly viewers = new Set<Viewer>();
  private readonly timers = new Map<string, () => void>();
  private disposed = false;
  private resyncs = 0;
  private quiet = QUIET[0] as number;
  /** Whether this page has shown the stream, or was there while it ran. */
  private shown: boolean;
  private readonly leave: () => void;
  private readonly control: Control;

  constructor(
    private readonly channel: Channel,
    readonly clock: Clock,
    private readonly outputs: Outputs = { ended() {}, lost() {} },
  ) {
    const now = clock.now();
    this.local = {
      stopping: false,
      busy: false,
      hungUp: false,
      lost: false,
      closed: false,
      kernel: "",
      started: now,
      since: now,
    };
    this.control = channel.control((news) => this.onNews(news));
    this.inbox = { state: emptyState(String(channel.get("_stream"))), held: [], missing: false };
    const snapshot = protocol.parseFrame(channel.get("_snapshot"));
    if (snapshot) this.receive(snapshot);
    // An output may be replaced before it is drawn.
    this.shown = this.running;
    channel.onMessage((content) => this.onMessage(content));
    channel.onConnection(() => this.onConnection());
    channel.onNews((news) => this.onNews(news));
    this.leave = join(this.state.stream, (frames) => this.onFrames(frames));
    this.hello();
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
    this.viewers.add(viewer);
    // It may be abandoned as soon as it is seen.
    if (isTerminal(this.state.status)) this.releaseSoon();
    else this.stopTimer("release");
  }

  /** For a viewer that has ended. Once the last one has, the kernel may forget the stream. */
  remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.releaseSoon();
    this.timer("orphan", ORPHAN_DELAY, () => {
      if (!this.viewers.size && this.channel.isOrphan()) this.cancel("its cell was deleted");
    });
  }

  /** Asks the kernel to stop the stream, and shows that at once. */
  cancel(reason = "stopped by you"): void {
    if (!this.running || (this.local.stopping && !this.local.busy)) return;
    const request = requests.cancel(this.state.stream, reason);
    this.send(request);
    this.control.send(request);
    this.change({ stopping: true, busy: false });
    this.timer("stop", STOP_PATIENCE, () => this.change({ busy: this.local.stopping }));
  }

  /** Lets a call run that waits for approval, or does not. */
  decide(part: string, approved: boolean): void {
    const request = requests.decide(this.state.stream, part, approved);
    this.send(request);
    // The stream may have a thread of its own, and continue while a cell computes.
    this.control.send(request);
  }

  /** Takes up what the kernel offers for a stream that stalled or was cut. */
  goOn(): void {
    if (this.state.offer && !this.local.stopping) this.send(requests.goOn(this.state.stream));
  }

  /** Ends all that is under way; the model is gone, or the document that shows it. */
  dispose(): void {
    this.disposed = true;
    for (const stop of this.timers.values()) stop();
    this.timers.clear();
    this.viewers.clear();
    this.leave();
    this.control.close();
  }

  private onMessage(content: unknown): void {
    const message = protocol.parse(content);
    if (!message) {
      console.warn("nbstream: ignored a message of another protocol", content);
      return;
    }
    if (this.local.closed) this.change({ closed: false });
    for (const hear of this.listeners) hear(content);
    deliver(message.frames);
  }

  private onFrames(frames: readonly protocol.Frame[]): void {
    for (const frame of frames) this.receive(frame);
    this.change({ closed: false });
    this.quiet = QUIET[0];
    this.listen();
  }

  private hello(): void {
    const { stream, seq } = this.state;
    const send = (request: requests.Request) => this.send(request);
    this.timers.set("hello", greet(this.channel, this.clock, stream, seq, send));
    this.listen();
  }

  /** The next frame reveals a loss; after the last one there is none. */
  private listen(): void {
    this.stopTimer("quiet");
    if (!this.running) return;
    this.timer("quiet", this.quiet, () => {
      this.quiet = Math.min(2 * this.quiet, QUIET[1]);
      this.hello();
    });
  }

  private onConnection(): void {
    // The first change is an end. Whether a later one is a beginning, an answer tells.
    if (this.local.closed) this.send(requests.resync(this.state.stream, this.state.seq));
    this.stopTimer("quiet");
    this.change({ closed: true });
  }

  private onNews(news: News): void {
    if (news !== "hung up") {
      // What becomes of later kernels is not this stream's; a restart may yet prove a crash.
      if (this.local.kernel && !this.timers.has("kernel")) return;
      this.timer("kernel", NEWS_DELAY, () => {});
      this.change({ kernel: news, closed: true });
      this.outputs.lost(this.state, this.local, this.clock.now());
    } else if (this.local.stopping) {
      this.stopTimer("stop");
      this.change({ hungUp: true, busy: false });
    }
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
    // A stream that continues has a start of its own.
    if (isTerminal(before.status) && !isTerminal(status)) local.started = now;
    if (timing && timing !== before.timing) {
      // The message that took the shortest way tells best when the stream started.
      local.started = Math.min(local.started, now - timing.elapsed * 1000);
    }
    if (status !== before.status || timing !== before.timing || retry !== before.retry) {
      local.since = now;
    }
    if (status === "cancelling" || isTerminal(status)) {
      local.stopping = local.busy = local.hungUp = false;
      this.stopTimer("stop");
    }
    this.local = local;
    if (isTerminal(status)) {
      this.stopTimer("quiet");
      this.timer("end", END_DELAY, this.outputs.ended);
      this.control.close();
      this.releaseSoon();
    }
  }

  /** One request in flight; the next when its time is up, which gets longer. */
  private resync(): void {
    this.send(requests.resync(this.state.stream, this.state.seq));
    if (this.resyncs === RESYNC.patience) this.change({ lost: true });
    const delay = RESYNC.delay * 2 ** Math.min(this.resyncs++, RESYNC.doublings);
    this.timer("resync", delay, () => this.resync());
  }

  private releaseSoon(delay = RELEASE_DELAY): void {
    this.timer("release", delay, () => this.release(delay));
  }

  private release(delay: number): void {
    this.prune();
    const ended = isTerminal(this.state.status) && !this.inbox.missing;
    if (!ended || !this.shown) return;
    if (!this.viewers.size) {
      this.send(requests.released(this.state.stream));
    } else if (delay < LONGEST_RELEASE) {
      // A view that is abandoned later, as slow pages do, does not say so.
      this.releaseSoon(2 * delay);
    }
  }

  private change(local: Partial<Local>): void {
    this.local = { ...this.local, ...local };
    this.changed();
  }

  /** Has all views paint anew: something that they show beside the state has changed. */
  changed(): void {
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

  send(request: requests.Request): void {
    try {
      this.channel.send(request);
    } catch (error) {
      console.warn("nbstream: the kernel cannot be reached", error);
    }
  }

  private timer(name: string, delay: number, run: () => void): void {
    this.stopTimer(name);
    // A view may be removed later than what it shows.
    if (this.disposed) return;
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
