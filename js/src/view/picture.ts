/** An image of the answer, which gets sharper with each frame. */

import type { Images } from "../store/images.js";
import type { Part } from "../store/reduce.js";
import { h, setText } from "./dom.js";

export class PictureView {
  readonly el = h("figure", "nbs-part nbs-picture");
  readonly #image = h("img", "");
  readonly #caption = h("figcaption", "nbs-small");

  constructor(
    private readonly part: Part,
    private readonly images: Images,
  ) {
    this.#image.alt = "Image made by the model";
    this.#image.hidden = true;
    this.el.append(this.#image, this.#caption);
  }

  open(): void {}

  show(part: Part, _: boolean, running: boolean): boolean {
    if (part.part !== this.part.part || part.type !== "image") return false;
    const { frame = 0, status = "", size = "", error = "" } = part.info ?? {};
    const url = frame ? this.images.url(part.part, frame) : null;
    if (url && this.#image.src !== url) this.#image.src = url;
    this.#image.hidden = !url;
    const forming = running && status !== "completed";
    this.el.classList.toggle("nbs-running", forming);
    const state = forming ? (frame ? `frame ${frame}, getting sharper…` : "being made…") : size;
    setText(this.#caption, error || state);
    return true;
  }
}
