/** Copies `text`; false if the page may not. `near` is in the page, and takes no harm. */
export async function copyText(text: string, near: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without https or permission (VS Code, remote hosts): the old way.
    const area = document.createElement("textarea");
    area.className = "nbs-hidden";
    area.value = text;
    near.append(area);
    const focused = document.activeElement;
    area.focus({ preventScroll: true });
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    return done;
  }
}
