/** What has to be said below the answer: an error, what is missing, what to do. */

import { isTerminal, type State } from "../store/reduce.js";
import type { Local } from "../store/store.js";
import { h } from "./dom.js";
import { LOST } from "./words.js";

interface Notice {
  /** `narrow`: only where the header has no room for it. */
  readonly tone: "error" | "warning" | "warning nbs-narrow";
  readonly title: string;
  readonly lines: readonly (string | undefined)[];
  readonly small?: string;
  /** What the button says that takes up the kernel's offer. */
  readonly offer?: string | undefined;
}

export interface Notices {
  readonly el: HTMLElement;
  update(state: State, local: Local): void;
}

export function createNotices(goOn: () => void): Notices {
  const el = h("div", "nbs-notices");
  let shown = "[]";
  return {
    el,
    update(state, local) {
      const notices = noticesOf(state, local);
      const key = JSON.stringify(notices);
      if (key === shown) return;
      shown = key;
      el.replaceChildren(...notices.map((notice) => draw(notice, goOn)));
    },
  };
}

function noticesOf(state: State, local: Local): Notice[] {
  const notices: Notice[] = [];
  const { status, error } = state;
  const offer = state.offer && (state.offer === "continue" ? "Continue" : "Try again");
  if (error && status !== "retrying") {
    notices.push({
      tone: "error",
      title: error.status_code ? `${error.type} (${error.status_code})` : error.type,
      lines: [sentence(error.message), error.hint],
      offer,
      small: [
        error.code && `code ${error.code}`,
        state.request_id && `request id ${state.request_id}`,
      ]
        .filter(Boolean)
        .join(" · "),
    });
  }
  if (status === "incomplete" || (status === "cancelled" && offer)) {
    notices.push({
      tone: "warning",
      title: "The answer is incomplete",
      lines: [sentence(state.reason ?? "")],
      offer,
    });
  }
  if (status === "stalled" && !local.stopping && !local.closed) {
    notices.push({
      tone: "warning",
      title: "The server is silent",
      lines: [offer ? `Wait, stop the answer, or close this connection: ${HOW[offer]}` : WAIT],
      offer,
    });
  }
  if (status === "retrying" && state.retry) {
    const { attempt, max_attempts, reason } = state.retry;
    notices.push({
      tone: "warning nbs-narrow",
      title: `Attempt ${attempt} of ${max_attempts} follows`,
      lines: [reason],
    });
  }
  if (isTerminal(status)) {
    if (local.lost) notices.push(MISSING);
  } else if (local.closed) {
    const { kernel } = local;
    notices.push(kernel ? { ...CLOSED, title: `The kernel ${LOST[kernel]}` } : CLOSED);
  } else {
    if (local.busy) notices.push(BUSY);
    if (local.hungUp) notices.push(HUNG_UP);
    if (local.lost) notices.push(MISSING);
  }
  return notices;
}

const WAIT = "Wait, or stop the answer.";
const HOW: Readonly<Record<string, string>> = {
  Continue: "Continue goes on from the text so far.",
  "Try again": "Try again sends the request once more.",
};

const sentence = (words: string): string =>
  words && `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;

const BUSY: Notice = {
  tone: "warning",
  title: "The kernel is busy",
  lines: ["It will stop the answer when it can. Interrupt (■) stops the running cell."],
};
const HUNG_UP: Notice = {
  tone: "warning",
  title: "The answer is stopped",
  lines: ["Its connection is closed. The kernel is busy, and shows the end when it can."],
};
const MISSING: Notice = {
  tone: "warning",
  title: "Part of the text has not arrived here",
  lines: ["The kernel does not send it again; it may be busy. The whole text is in Python."],
};
const CLOSED: Notice = {
  tone: "warning",
  title: "The connection to the kernel has ended",
  lines: ["The text so far is kept here. Run the cell again for a whole answer."],
};

function draw({ tone, title, lines, small, offer }: Notice, goOn: () => void): HTMLElement {
  const el = h("div", `nbs-notice nbs-${tone}`);
  el.append(h("div", "nbs-notice-title", title));
  for (const line of lines) if (line) el.append(h("div", "", line));
  if (offer) {
    const button = h("button", "nbs-button nbs-go-on", offer);
    button.type = "button";
    button.addEventListener("click", () => {
      // It goes away with the notice: the keyboard's focus stays in the view.
      button.closest<HTMLElement>(".nbs-view")?.focus({ preventScroll: true });
      goOn();
    });
    el.append(button);
  }
  if (small) el.append(h("div", "nbs-small", small));
  return el;
}
