/** The document that a widget manager works for: a notebook in JupyterLab (seen in 4.6). */

import { connect, type Signal } from "../host/subshell.js";

interface Manager {
  context?: { disposed?: Signal<never> };
}

/**
 * Calls `closed` when the page closes the document, until `signal` aborts. Its widgets' models do not
 * hear of that; a document that is opened again gets new ones.
 */
export function watchDocument(manager: unknown, closed: () => void, signal: AbortSignal): void {
  connect((manager as Manager | undefined)?.context?.disposed, closed, signal);
}
