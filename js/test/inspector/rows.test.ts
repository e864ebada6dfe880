/** What the panel shows of each event, and of which events. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { all, answer, event, get, page, setUp, shown, tearDown, texts, toggle } from "./panel.js";

beforeEach(setUp);
afterEach(tearDown);

function press(target: HTMLElement, key: string): KeyboardEvent {
  const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.dispatchEvent(pressed);
  return pressed;
}

test("what is unfolded stays so, and in its place", () => {
  toggle().click();
  answer({ events: [event(1), event(2, { open: true, data: '{"n' })] });
  const [first, second] = all("tbody details") as HTMLDetailsElement[];
  for (const fold of [first, second]) {
    if (fold) fold.open = true;
    fold?.dispatchEvent(new Event("toggle"));
  }
  expect(first?.querySelector("pre")?.textContent).toBe('{\n  "n": 1\n}');
  expect(second?.querySelector("pre")?.textContent).toBe('{"n\n[not complete]');
  answer({ events: [event(1), event(2), event(3)] });
  expect(all("tbody details").slice(0, 2)).toEqual([first, second]);
  expect(second?.querySelector("pre")?.textContent).toBe('{\n  "n": 2\n}');
  expect(shown()).toHaveLength(3);
});

test("of many events the first and the last are there, and a line for the others", () => {
  toggle().click();
  answer({ events: [event(1), event(2), event(9)], left_out: 6 });
  expect(texts("tbody tr td:last-child")[2]).toBe("… 6 events are not kept");
  expect(get(".nbs-in-title").textContent).toBe("9 events");
  answer({ events: [event(1), event(2), event(10)], left_out: 7 });
  expect(texts("tbody .nbs-in-number")).toEqual(["1", "2", "10"]);
  expect(texts(".nbs-in-skipped")).toEqual(["… 7 events are not kept"]);
});

test("another attempt has events of its own", () => {
  toggle().click();
  answer();
  const [first] = all("tbody tr");
  answer({ attempt: 2, events: [event(1, { data: "other" })] });
  expect(texts("tbody summary")).toEqual(["other"]);
  expect(all("tbody tr")[0]).not.toBe(first);
});

test("every field of an event is shown", () => {
  toggle().click();
  const fields = { event: "note", event_id: "7", retry: "3000", comment: "hi", other: "<p>" };
  answer({ events: [event(1, { ...fields, missing: 4000, gap: 2.5 })] });
  expect(get("tbody summary").textContent).toBe(
    ': hi id: 7 retry: 3000 <p> {"n":1} [4,000 bytes more]',
  );
  expect(get("tbody .nbs-in-name").textContent).toBe("note");
  expect(get("tbody .nbs-in-gap").className).toContain("nbs-in-long");
  const fold = get<HTMLDetailsElement>("tbody details");
  fold.open = true;
  fold.dispatchEvent(new Event("toggle"));
  expect(get("tbody pre").textContent).toBe(
    ': hi\nevent: note\nid: 7\nretry: 3000\n<p>\n{\n  "n": 1\n}\n' +
      "[4,000 bytes more; w.inspect().events may have them]",
  );
});

test("what a server sends is text and nothing else", () => {
  const hostile = '<img src=x onerror="alert(1)"><script>alert(1)</script>';
  toggle().click();
  answer({
    facts: [[hostile, hostile]],
    headers: [[hostile, hostile]],
    note: hostile,
    events: [event(1, { event: hostile, data: hostile, comment: hostile })],
  });
  const panel = get(".nbs-in-panel");
  expect(panel.querySelector("img, script")).toBeNull();
  expect(get(".nbs-in-note").textContent).toBe(hostile);
});

describe("filter", () => {
  function type(words: string): void {
    get<HTMLInputElement>(".nbs-in-filter").value = words;
    get(".nbs-in-filter").dispatchEvent(new Event("input"));
  }

  test("shows what has the words, also of what comes later", () => {
    toggle().click();
    answer({ events: [event(1, { event: "Ping" }), event(2), event(5)] });
    type("pING");
    expect(shown()).toHaveLength(1);
    expect(get(".nbs-in-title").textContent).toBe("1 of 3 events");
    expect(get(".nbs-in-panel [role=status]").textContent).toBe("1 of 3 events");
    expect(get("tbody").className).toBe("nbs-in-filtered");
    answer({ events: [event(1, { event: "Ping" }), event(2), event(3, { comment: "ping" })] });
    expect(shown()).toHaveLength(2);
    type("");
    expect(shown()).toHaveLength(3);
  });

  test("Esc empties it, then closes the panel, and stops no answer", () => {
    toggle().click();
    answer();
    type("x");
    const field = get(".nbs-in-filter");
    expect(press(field, "Escape").defaultPrevented).toBe(true);
    expect(get<HTMLInputElement>(".nbs-in-filter").value).toBe("");
    expect(get(".nbs-inspector").hidden).toBe(false);
    press(field, "Escape");
    expect(get(".nbs-inspector").hidden).toBe(true);
    expect(document.activeElement).toBe(toggle());
    expect(page.opening.channel.count("cancel")).toBe(0);
  });
});
