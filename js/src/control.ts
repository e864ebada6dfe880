/**
 * A way to the kernel that works while a cell computes, for Stop, and news of the kernel itself.
 *
 * JupyterLab can send a comm's messages to a subshell of the kernel, which has a thread of its own:
 * https://jupyterlab.readthedocs.io/en/stable/user/subshells.html
 * A comm that the page opens for this alone stays with its subshell; a widget's does not. Nothing
 * here is promised by other hosts, which have the widget's comm only.
 */

import { isHungUp, VERSION } from "./protocol.js";
import type { Request } from "./requests.js";

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
type Slot = (sender: unknown, status?: string) => void;
interface Signal {
  connect(slot: Slot): void;
  disconnect(slot: Slot): void;
}
interface Kernel {
  readonly supportsSubshells?: boolean;
  readonly statusChanged?: Signal;
  readonly disposed?: Signal;
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
 */
export function watchKernel(
  manager: unknown,
  tell: (news: News) => void,
  signal?: AbortSignal,
): void {
  const kernel = kernelOf(manager);
  let crashed = false;
  const slot: Slot = (_, status = "dead") => {
    const news = Object.hasOwn(NEWS, status) ? NEWS[status] : undefined;
    // After a crash the kernel starts again.
    if (news && !(crashed && status === "starting")) tell(news);
    crashed ||= news === "crashed";
  };
  for (const changed of [kernel?.statusChanged, kernel?.disposed]) {
    changed?.connect?.(slot);
    signal?.addEventListener("abort", () => changed?.disconnect?.(slot));
  }
}
