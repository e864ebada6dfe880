/** A new element of a class. */
export function create(name: string, className: string): HTMLElement {
  const el = document.createElement(name);
  el.className = className;
  return el;
}
