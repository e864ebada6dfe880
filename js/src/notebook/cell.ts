/** The cell that started a stream, in the notebook's model. JupyterLab's (seen in 4.6). */

interface Manager {
  context?: { isDisposed?: boolean; model?: { cells?: Iterable<{ readonly id: string }> } };
}

/** Whether the cell with this id was deleted; false where that cannot be known. */
export function isDeleted(manager: unknown, id: unknown): boolean {
  const context = (manager as Manager | undefined)?.context;
  const cells = context?.model?.cells;
  if (!id || !cells || context.isDisposed) return false;
  try {
    return ![...cells].some((cell) => cell.id === id);
  } catch {
    return false; // another host's cells
  }
}

/**
 * Tells whether the cell was deleted after this call. Another notebook of the same kernel may show
 * the stream without ever having had its cell.
 */
export function watchCell(manager: unknown, id: unknown): () => boolean {
  const isElsewhere = isDeleted(manager, id);
  return () => !isElsewhere && isDeleted(manager, id);
}
