/**
 * A way to the kernel that works while a cell computes, for Stop, and news of the kernel itself.
 *
 * JupyterLab can send a comm's messages to a subshell of the kernel, which has a thread of its own:
 * https://jupyterlab.readthedocs.io/en/stable/user/subshells.html
 * A comm that the page opens for this alone stays with its subshell; a widget's does not. Nothing
 * here is promised by other hosts, which have the widget's comm only.
 */

import { isHungUp, VERSION } from "../protocol/messages.js";
import type { Request } from "../protocol/requests.js";

export type News = "hung up" | "restarted" | "crashed" | "ended";

export interface Control {
  /** Sends a request by this way, if there is one. */
  send(request: Request): void;
  /** Gives back what this took of the kernel; a later `send` takes it again. */
  close(): void;
}

interface Comm {
  readonly subshellStarted: Promise<unknown>;
  onMsg: (message: { content: { data: unknown } }) => void;
  open(data: unknown): unknown;
  send(data: unknown): unknown;
  close(): unknown;
  dispose(): void;
}
type Slot<Told> = (sender: unknown, told?: Told) => void;
/** A signal of JupyterLab's. */
export interface Signal<Told> {
  connect(slot: Slot<Told>): void;
  disconnect(slot: Slot<Told>): void;
}
interface Message {
  readonly header: { readonly session: string };
  /** Empty in the server's own messages. */
  readonly parent_header: { readonly msg_id?: string };
}
interface Kernel {
  readonly supportsSubshells?: boolean;
  readonly statusChanged?: Signal<string>;
  readonly disposed?: Signal<string>;
  readonly iopubMessage?: Signal<Message>;
  createComm(target: string): Comm;
}

/**
 * What a status of the kernel means for a stream. A crash is first seen as a restart; what another
 * page or program restarts is only seen to start.
 */
const NEWS: Readonly<Record<string, News>> = {
  restarting: "restarted",
  starting: "restarted",
  autorestarting: "crashed",
  dead: "ended",
};

const kernelOf = (manager: unknown): Kernel | undefined =>
  (manager as { kernel?: Kernel } | undefined)?.kernel ?? undefined;

export function createControl(manager: unknown, tell: (news: News) => void): Control {
  let open: { comm: Comm; ready: Promise<boolean> } | null = null;

  function connect(): typeof open {
    const kernel = kernelOf(manager);
    if (!kernel?.supportsSubshells) return null;
    const comm = kernel.createComm("nbstream.control");
    comm.onMsg = ({ content }) => {
      if (isHungUp(content.data)) tell("hung up");
    };
    const ready = comm.subshellStarted.then(() => {
      if (open?.comm !== comm) return false;
      comm.open({ v: VERSION });
      return true;
    });
    return { comm, ready };
  }

  const warn = (error: unknown) => console.warn("nbstream: no second way to the kernel", error);

  return {
    send(request) {
      try {
        open ??= connect();
        const { comm, ready } = open ?? {};
        ready?.then((opened) => opened && comm?.send(request)).catch(warn);
      } catch (error) {
        warn(error);
      }
    },
    close() {
      const { comm, ready } = open ?? {};
      open = null;
      // A comm that was never opened needs no message to be closed.
      ready?.then((opened) => (opened ? comm?.close() : comm?.dispose())).catch(warn);
    },
  };
}

/**
 * Calls `tell` when the kernel ends or begins anew, until `signal` aborts.
 *
 * A page that shuts a kernel down or changes it disposes of its connection, mostly before the
 * kernel is seen to be dead.
 * https://github.com/jupyterlab/jupyterlab/blob/v4.6.6/packages/services/src/session/default.ts
 *
 * The only sign of what others restart is that the new kernel starts, and that may be missed: the
 * server's socket is then still about to connect anew. A kernel's messages name its session, which
 * a new one does not share.
 */
export function watchKernel(
  manager: unknown,
  tell: (news: News) => void,
  signal?: AbortSignal,
): void {
  const kernel = kernelOf(manager);
  let crashed = false;
  let session: string | undefined;
  const onStatus: Slot<string> = (_, status = "dead") => {
    const news = Object.hasOwn(NEWS, status) ? NEWS[status] : undefined;
    // After a crash the kernel starts again.
    if (news && !(crashed && status === "starting")) tell(news);
    crashed ||= news === "crashed";
  };
  const onMessage: Slot<Message> = (_, message) => {
    if (!message?.parent_header.msg_id) return;
    session ??= message.header.session;
    if (session === message.header.session) return;
    listen.abort();
    if (!crashed) tell("restarted");
  };
  const listen = new AbortController();
  signal?.addEventListener("abort", () => listen.abort());
  connect(kernel?.statusChanged, onStatus, signal);
  connect(kernel?.disposed, onStatus, signal);
  connect(kernel?.iopubMessage, onMessage, listen.signal);
}

/** Has `changed` call `slot` until `signal` aborts. */
export function connect<Told>(
  changed: Signal<Told> | undefined,
  slot: Slot<Told>,
  signal: AbortSignal | undefined,
): void {
  changed?.connect?.(slot);
  signal?.addEventListener("abort", () => changed?.disconnect?.(slot));
}
