import { describe, expect, test } from "vitest";
import { parseFrame } from "../src/protocol/messages.js";
import { emptyState, reduce, type State } from "../src/store/reduce.js";
import type { Local } from "../src/store/store.js";
import { duration, elapsed, ending, figures, statusWords } from "../src/view/words.js";
import { status } from "./fakes.js";

const NOW = 100_000;

function local(more: Partial<Local> = {}): Local {
  const calm = {
    stopping: false,
    busy: false,
    hungUp: false,
    lost: false,
    closed: false,
    kernel: "",
  } as const;
  return { ...calm, started: NOW - 3210, since: NOW, ...more };
}

function state(name: string, more: Record<string, unknown> = {}): State {
  const frame = parseFrame({ stream: "s1", ...status(1, name, more) });
  if (!frame) throw new Error("not a frame");
  return reduce(emptyState("s1"), frame).state;
}

const timing = { elapsed: 30, first_token: 0.4, since_last: 12.3 };
const retry = { attempt: 2, max_attempts: 3, delay: 3, reason: "429: slow down" };

test.each([
  [0.004, "0.00 s"],
  [0.42, "0.42 s"],
  [0.994, "0.99 s"],
  [0.996, "1.0 s"],
  [3.21, "3.2 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [125, "2 min 05 s"],
])("%d seconds are %s", (seconds, words) => expect(duration(seconds)).toBe(words));

describe("the status in words", () => {
  test.each([
    ["queued", {}, "waiting for the first token"],
    ["queued", { reason: "waiting for a free connection" }, "waiting for a free connection"],
    ["in_progress", {}, "streaming"],
    ["stalled", { timing }, "no token for 12 s"],
    ["retrying", { retry }, "retrying in 3 s (attempt 2 of 3): 429: slow down"],
    ["cancelling", { reason: "stopped by you" }, "stopping…"],
    ["completed", {}, "done"],
    ["incomplete", { reason: "it was cut" }, "incomplete: it was cut"],
    ["incomplete", {}, "incomplete"],
    ["failed", { error: { type: "E", message: "m" } }, "failed"],
    ["cancelled", { reason: "stopped by you" }, "cancelled: stopped by you"],
  ])("%s %j", (name, more, words) => {
    expect(statusWords(state(name, more), local(), NOW)).toBe(words);
  });

  test("counts on", () => {
    expect(statusWords(state("stalled", { timing }), local(), NOW + 2800)).toBe(
      "no token for 15 s",
    );
    const retrying = state("retrying", { retry });
    const early = state("stalled", { timing: { elapsed: 4, since_last: 3 } });
    expect(statusWords(early, local(), NOW)).toBe("no token for 3 s");
    expect(statusWords(retrying, local(), NOW + 1100)).toMatch(/^retrying in 2 s /);
    expect(statusWords(retrying, local(), NOW + 2999)).toMatch(/^retrying in 1 s /);
    expect(statusWords(retrying, local(), NOW + 3000)).toMatch(/^retrying now \(attempt 2 of 3\)/);
  });

  test("says that Stop was pressed and that the kernel is gone, but an ending is an ending", () => {
    expect(statusWords(state("in_progress"), local({ stopping: true }), NOW)).toBe("stopping…");
    const gone = local({ closed: true });
    expect(statusWords(state("in_progress"), gone, NOW)).toBe("no connection to the kernel");
    expect(statusWords(state("completed"), gone, NOW)).toBe("done");
    const crashed = local({ closed: true, kernel: "crashed" });
    expect(statusWords(state("in_progress"), crashed, NOW)).toBe("lost: the kernel crashed");
    const hungUp = local({ stopping: true, hungUp: true });
    expect(statusWords(state("in_progress"), hungUp, NOW)).toBe("stopped");
  });
});

test("the time since the start ticks in tenths, then in seconds, and ends with the kernel's", () => {
  const running = state("in_progress");
  expect(elapsed(running, local(), NOW)).toBe("3.2 s");
  expect(elapsed(running, local(), NOW + 6780)).toBe("9.9 s");
  expect(elapsed(running, local(), NOW + 8600)).toBe("11 s");
  expect(elapsed(state("completed", { timing }), local(), NOW)).toBe("30 s");
  expect(elapsed(state("completed"), local(), NOW)).toBe("");
});

describe("figures", () => {
  test("of what is known", () => {
    expect(figures(state("queued"))).toBe("");
    expect(figures(state("in_progress", { timing }))).toBe("first token 0.40 s");
    const usage = { input_tokens: 1204, output_tokens: 340, total_tokens: 1544 };
    const more = { reasoning_tokens: 128, cached_tokens: 0 };
    const end = { timing: { ...timing, tokens_per_second: 84.3 }, usage: { ...usage, ...more } };
    expect(figures(state("completed", end))).toBe(
      "first token 0.40 s · 84 tokens/s · 1,204 tokens in · 340 out (128 reasoning)",
    );
  });

  test("where no usage came it is the deltas that are counted, and a slow rate keeps a digit", () => {
    const slow = { timing: { elapsed: 9, tokens_per_second: 0.5 } };
    expect(figures(state("completed", slow))).toBe("0.5 deltas/s");
  });
});

test("the ending for those who hear it", () => {
  const error = { type: "E", message: "Too many requests" };
  expect(ending(state("completed"))).toBe("The answer is complete.");
  expect(ending(state("failed", { error }))).toBe("The answer failed: Too many requests");
  expect(ending(state("cancelled", { reason: "stopped by you" }))).toContain("stopped by you");
  expect(ending(state("incomplete", { reason: "cut" }))).toBe("The answer is incomplete: cut");
  expect(ending(state("in_progress"))).toContain("connection");
});
