import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mountView } from "../src/view/view.js";
import { delta, find, opened, openStore, snapshot, status } from "./fakes.js";
import { PATIENCE } from "./patience.js";

let el: HTMLElement;
let controller: AbortController;
let opening: ReturnType<typeof openStore>;

const get = <T extends HTMLElement = HTMLElement>(selector: string) => find<T>(el, selector);
const text = (selector: string) => get(selector).textContent;

function mount(): HTMLElement {
  const target = document.createElement("div");
  document.body.append(target);
  mountView(target, opening.store, controller.signal);
  return target;
}

beforeEach(() => {
  document.body.replaceChildren();
  controller = new AbortController();
  opening = openStore();
  el = mount();
});

afterEach(() => controller.abort());

test("a stream from the beginning to the end", () => {
  expect(text(".nbs-status")).toBe("waiting for the first token");
  opening.emit({ ...opened, note: "local model (demo quality)" });
  expect(text(".nbs-model")).toBe("gpt-5.2");
  expect(text(".nbs-note")).toBe("local model (demo quality)");
  expect(get(".nbs-view").getAttribute("aria-label")).toBe("Answer: Say hello");
  opening.emit(status(2, "in_progress"), delta(3, 0, "Hello"));
  opening.emit(delta(4, 5, " world\nand all"));
  expect(text(".nbs-status")).toBe("streaming");
  expect(text(".nbs-markdown p")).toBe("Hello world\nand all");
  expect(get(".nbs-stop").hidden).toBe(false);
  opening.emit(status(5, "completed", { timing: { elapsed: 4.2, first_token: 0.42 } }));
  expect(text(".nbs-status")).toBe("done");
  expect(text(".nbs-elapsed")).toBe("4.2 s");
  expect(text(".nbs-figures")).toBe("first token 0.42 s");
  expect(get(".nbs-stop").hidden).toBe(true);
});

test("what has no model goes by its label", () => {
  opening.emit({ ...opened, model: "" });
  expect(text(".nbs-model")).toBe("Say hello");
});

test("many messages, one paint", () => {
  const frame = vi.spyOn(opening.clock, "frame");
  opening.channel.emit(opened);
  opening.channel.emit(delta(2, 0, "a"));
  opening.channel.emit(delta(3, 1, "b"));
  expect(frame).toHaveBeenCalledOnce();
  expect(el.querySelector(".nbs-markdown")).toBeNull();
  opening.clock.pass(16);
  expect(text(".nbs-markdown")).toBe("ab");
});

test("time ticks while it runs, and nothing does afterwards", () => {
  opening.emit(opened);
  opening.clock.pass(2150);
  expect(text(".nbs-elapsed")).toMatch(/^2\.\d s$/);
  opening.emit(status(2, "completed"));
  opening.clock.pass(100_000);
  expect(opening.clock.waiting).toBe(0);
});

test("a second view shows all text so far, and both go on", () => {
  opening.emit(opened, delta(2, 0, "Hello"));
  const second = mount();
  expect(second.querySelector(".nbs-markdown")?.textContent).toBe("Hello");
  opening.emit(delta(3, 5, " world"));
  for (const view of [el, second]) {
    expect(view.querySelector(".nbs-markdown")?.textContent).toBe("Hello world");
  }
});

describe("a snapshot", () => {
  test("that continues the text leaves what is there alone", () => {
    opening.emit(opened, delta(2, 0, "Hello"));
    const line = get(".nbs-markdown p");
    opening.emit(snapshot(9, "Hello world"));
    expect(get(".nbs-markdown p")).toBe(line);
    expect(text(".nbs-markdown")).toBe("Hello world");
  });

  test("that differs replaces it", () => {
    opening.emit(opened, delta(2, 0, "Hello"));
    opening.emit(snapshot(9, "Other words"));
    expect(text(".nbs-parts")).toBe("Other words");
    opening.emit(delta(10, 11, "!"));
    expect(text(".nbs-parts")).toBe("Other words!");
  });
});

describe("reasoning", () => {
  const fold = () => get<HTMLDetailsElement>("details");

  test("is open while it is all there is", () => {
    opening.emit(opened, delta(2, 0, "Let me see.", "reasoning"));
    expect(fold().open).toBe(true);
    expect(text("summary")).toBe("reasoning…");
    opening.emit(delta(3, 0, "Hello"));
    expect(fold().open).toBe(false);
  });

  test("stays as the reader wants it", () => {
    opening.emit(opened, delta(2, 0, "Let me see.", "reasoning"));
    get("summary").dispatchEvent(new Event("click"));
    fold().open = true;
    opening.emit(delta(3, 0, "Hello"));
    expect(fold().open).toBe(true);
  });
});

test("a refusal is marked", () => {
  opening.emit(opened, delta(2, 0, "I cannot.", "refusal"));
  expect(text(".nbs-refusal")).toBe("refusalI cannot.");
});

describe("Stop", () => {
  test("is shown at once; without an answer the kernel is busy", () => {
    opening.emit(opened);
    get(".nbs-stop").click();
    expect(opening.channel.count("cancel")).toBe(1);
    opening.clock.pass(16);
    expect(text(".nbs-status")).toBe("stopping…");
    expect(get(".nbs-stop").getAttribute("aria-disabled")).toBe("true");
    expect(text(".nbs-notices")).toBe("");
    opening.clock.pass(400);
    expect(text(".nbs-notices")).toMatch(/kernel is busy.*Interrupt \(■\) stops the running cell/);
    opening.emit(status(2, "cancelling"));
    expect(text(".nbs-notices")).toBe("");
    opening.emit(status(3, "cancelled", { reason: "stopped by you" }));
    expect(text(".nbs-status")).toBe("cancelled: stopped by you");
  });

  test("says that the connection is closed while the kernel is busy, or that the kernel is gone", () => {
    opening.emit(opened);
    get(".nbs-stop").click();
    opening.channel.news("hung up");
    opening.clock.pass(16);
    expect(text(".nbs-notices")).toMatch(/The answer is stopped.*closed/);
    expect(get(".nbs-stop").getAttribute("aria-disabled")).toBe("true");
    opening.channel.news("crashed");
    opening.clock.pass(16);
    expect(text(".nbs-notices")).toMatch(/The kernel crashed.*text so far is kept/);
  });

  test("hands the keyboard's focus on when it goes", () => {
    opening.emit(opened, delta(2, 0, "Hello"));
    get(".nbs-stop").focus();
    opening.emit(status(3, "completed"));
    expect(document.activeElement).toBe(get(".nbs-copy"));
  });
});

describe("keys", () => {
  function press(key: string, more: KeyboardEventInit = {}) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    const outside = vi.fn();
    document.body.addEventListener("keydown", outside);
    get(".nbs-copy").dispatchEvent(event);
    document.body.removeEventListener("keydown", outside);
    return { prevented: event.defaultPrevented, outside: outside.mock.calls.length };
  }

  test("Esc stops, and nothing else happens", () => {
    opening.emit(opened);
    expect(press("Escape")).toEqual({ prevented: true, outside: 0 });
    expect(opening.channel.count("cancel")).toBe(1);
  });

  test("the notebook's shortcuts do not hear ours, the page's do", () => {
    get(".nbs-copy").dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
    const suppressed = () => get(".nbs-copy").hasAttribute("data-lm-suppress-shortcuts");
    expect(press("d")).toEqual({ prevented: false, outside: 0 });
    expect(suppressed()).toBe(true);
    expect(press("s", { ctrlKey: true })).toEqual({ prevented: false, outside: 1 });
    expect(suppressed()).toBe(false);
    expect(press("Enter", { ctrlKey: true })).toEqual({ prevented: false, outside: 0 });
    expect(suppressed()).toBe(true);
    expect(opening.channel.count("cancel")).toBe(0);
  });
});

test("Copy gives the answer's text and says so", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  expect(get<HTMLButtonElement>(".nbs-copy").disabled).toBe(true);
  opening.emit(opened, delta(2, 0, "Thinking.", "reasoning"));
  expect(get<HTMLButtonElement>(".nbs-copy").disabled).toBe(true);
  opening.emit(delta(3, 0, "Hello\n"));
  get(".nbs-copy").click();
  await vi.waitFor(() => expect(text(".nbs-copy")).toBe("copied"), PATIENCE);
  expect(writeText).toHaveBeenCalledWith("Hello\n");
  opening.clock.pass(1500);
  expect(text(".nbs-copy")).toBe("Copy");
  vi.unstubAllGlobals();
});

test("an error in place, below the text so far", () => {
  const error = {
    type: "RateLimitError",
    message: "Too many <b>requests</b>",
    hint: "Wait a moment.",
    status_code: 429,
    code: "rate_limit_exceeded",
  };
  opening.emit(opened, delta(2, 0, "Hello"), status(3, "failed", { error, request_id: "req_1" }));
  expect(text(".nbs-markdown")).toBe("Hello");
  const words = text(".nbs-error");
  for (const part of ["RateLimitError", "429", error.message, error.hint, error.code, "req_1"]) {
    expect(words).toContain(part);
  }
  expect(el.querySelector("b")).toBeNull();
});

test("an incomplete answer says so in words", () => {
  opening.emit(
    opened,
    delta(2, 0, "Hello"),
    status(3, "incomplete", { reason: "the answer was cut" }),
  );
  expect(text(".nbs-notices")).toBe("The answer is incompleteThe answer was cut.");
});

describe("what the kernel offers", () => {
  const error = { type: "ReadError", message: "it was cut" };
  const go = () => get<HTMLButtonElement>(".nbs-go-on");
  const asked = () => opening.channel.count("continue");

  test.each([
    ["failed", { error }, "continue", "Continue"],
    ["failed", { error }, "again", "Try again"],
    ["incomplete", { reason: "the answer was cut" }, "continue", "Continue"],
    ["cancelled", { reason: "stopped by you" }, "continue", "Continue"],
    ["cancelled", { reason: "stopped by you" }, "again", "Try again"],
    ["stalled", {}, "continue", "Continue"],
    ["stalled", {}, "again", "Try again"],
  ])("of a stream that is %s %j: %s", (name, more, offer, words) => {
    opening.emit(opened, delta(2, 0, "Hello"), status(3, name, { ...more, offer }));
    expect(go().textContent).toBe(words);
    go().focus();
    go().click();
    expect(asked()).toBe(1);
    expect(document.activeElement).toBe(get(".nbs-view"));
  });

  test("is taken up once, and goes with its status", () => {
    opening.emit(opened, delta(2, 0, "Hel"), status(3, "failed", { error, offer: "continue" }));
    expect(text(".nbs-error")).toContain("It was cut.");
    go().click();
    opening.emit(snapshot(4, "Hel", "queued"));
    expect(el.querySelector(".nbs-go-on")).toBeNull();
    expect(text(".nbs-status")).toBe("waiting for the first token");
    opening.store.goOn();
    expect(asked()).toBe(1);
    opening.emit(delta(5, 3, "lo"), status(6, "completed", { lengths: { text: 5 } }));
    expect(text(".nbs-markdown")).toBe("Hello");
    expect(text(".nbs-notices")).toBe("");
  });

  test("is not there where there is none", () => {
    opening.emit(opened, status(2, "failed", { error }));
    expect(el.querySelector(".nbs-go-on")).toBeNull();
    opening.emit(status(3, "completed", {}));
    opening.store.goOn();
    expect(asked()).toBe(0);
  });

  test("a silent server is said, with what can be done", () => {
    opening.emit(opened, status(2, "stalled", { timing: { elapsed: 12 } }));
    expect(text(".nbs-notices")).toBe("The server is silentWait, or stop the answer.");
    opening.emit(status(3, "stalled", { timing: { elapsed: 13 }, offer: "again" }));
    expect(text(".nbs-notices")).toContain("Try again sends the request once more.");
    get(".nbs-stop").click();
    opening.clock.pass(20);
    expect(text(".nbs-notices")).toBe("");
  });
});

test("only the start and the end are announced", () => {
  const live = get("[aria-live]");
  const said: string[] = [];
  const note = () => live.textContent !== said.at(-1) && said.push(live.textContent ?? "");
  note();
  opening.emit(opened);
  note();
  for (let n = 0; n < 5; n++) {
    opening.emit(delta(n + 2, n, "x"));
    note();
  }
  opening.emit(status(7, "cancelled", { reason: "stopped by you" }));
  note();
  expect(said).toEqual([
    "",
    "The answer is being streamed.",
    "The answer was cancelled: stopped by you",
  ]);
});

test("an ending that was there before is not announced", () => {
  opening.emit(opened, status(2, "completed"));
  const second = mount();
  opening.clock.pass(1000);
  expect(second.querySelector("[aria-live]")?.textContent).toBe("");
});

test("a view that ends leaves nothing behind", () => {
  opening.emit(opened, status(2, "completed"));
  controller.abort();
  expect(el.childElementCount).toBe(0);
  opening.clock.pass(6000);
  expect(opening.clock.waiting).toBe(0);
});
