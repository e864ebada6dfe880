/** The document that a widget manager works for: a notebook in JupyterLab (seen in 4.6). */

interface Manager {
  context?: {
    disposed?: { connect(slot: () => void): void; disconnect(slot: () => void): void };
  };
}

/**
 * Calls `closed` when the page closes the document, until `signal` aborts. Its widgets' models are
 * not told, and a document that is opened again gets new ones.
 */
export function watchDocument(manager: unknown, closed: () => void, signal: AbortSignal): void {
  const disposed = (manager as Manager | undefined)?.context?.disposed;
  disposed?.connect?.(closed);
  signal.addEventListener("abort", () => disposed?.disconnect?.(closed));
}
