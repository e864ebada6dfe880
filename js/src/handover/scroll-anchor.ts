/**
 * Does `change`, and scrolls what is around `outer` by what that has moved `el`: to the reader it has
 * not moved. Only for what the reader asks for; nothing else scrolls a notebook.
 */
export function keepInPlace(el: Element, outer: Element, change: () => void): void {
  const { top } = el.getBoundingClientRect();
  change();
  let around = outer.parentElement;
  while (around && !canScroll(around)) around = around.parentElement;
  if (around) around.scrollTop += el.getBoundingClientRect().top - top;
}

const canScroll = (el: Element): boolean =>
  el.scrollHeight > el.clientHeight && /auto|scroll/.test(getComputedStyle(el).overflowY);
