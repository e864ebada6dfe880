import type { Request } from "../protocol/requests.js";
import type { Control, News } from "./subshell.js";

/** A manager of widgets. JupyterLab's knows the kernel, and the client that runs this page's cells. */
export interface Owner {
  readonly kernel?: { readonly clientId?: string } | null;
}

/** All that the front end needs of a widget model. */
export interface Channel {
  /** What manages this and the kernel's other widgets: one object for all of them. */
  readonly owner: Owner;
  get(trait: "_stream" | "_snapshot" | "_assets"): unknown;
  send(request: Request): void;
  /** Calls `receive` with the content of each custom message, and its buffers. */
  onMessage(receive: (content: unknown, buffers?: readonly DataView[]) => void): void;
  /** Calls `changed` when the connection to the kernel's side ends, or is there again. */
  onConnection(changed: () => void): void;
  /** Calls `tell` when the kernel ends or begins anew. */
  onNews(tell: (news: News) => void): void;
  /** The way to the kernel that works while a cell computes. */
  control(tell: (news: News) => void): Control;
  /** Whether the cell that started the stream was deleted. */
  isOrphan(): boolean;
}
