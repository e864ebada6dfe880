/** The mark of a footnote, which leads to it. */

/** Makes `el` show the mark of the footnote with this number. */
export function fillReference(
  el: HTMLElement,
  number: string,
  goto: (footnote: number) => void,
): void {
  if (el.textContent === number) return;
  el.className = "nbs-footnote";
  const link = document.createElement("a");
  link.setAttribute("role", "link");
  link.tabIndex = 0;
  link.append(number);
  link.onclick = () => goto(Number(number));
  link.onkeydown = ({ key }) => key === "Enter" && link.click();
  el.replaceChildren(link);
}
