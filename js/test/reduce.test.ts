import { describe, expect, test } from "vitest";
import sequences from "../../tests/fixtures/protocol/sequences.json";
import { type Frame, parse, parseFrame } from "../src/protocol/messages.js";
import {
  choiceOf,
  emptyState,
  type Inbox,
  isComplete,
  type Part,
  receive,
  reduce,
  type State,
  textAfter,
  textOf,
} from "../src/store/reduce.js";
import { Store } from "../src/store/store.js";
import { delta, FakeChannel, FakeClock, opened, status } from "./fakes.js";

test.each([
  ["text", 0],
  ["2.text", 2],
  ["text:1.0/0", 0],
  ["3/text", 0],
  ["3/2.text", 2],
])("the answer of %s", (part, choice) => {
  expect(choiceOf({ part, type: "text", last: null })).toBe(choice);
});

const texts = (state: State) =>
  state.parts.map((part) => ({ part: part.part, type: part.type, text: textOf(part) }));

const frame = (content: Record<string, unknown>): Frame => {
  const parsed = parseFrame({ stream: "s1", ...content });
  if (!parsed) throw new Error("not a frame");
  return parsed;
};

const run = (...frames: Record<string, unknown>[]): State =>
  frames.reduce((state, content) => reduce(state, frame(content)).state, emptyState("s1"));

describe.each(sequences)("$name", (sequence) => {
  test("outcome by outcome", () => {
    let inbox: Inbox = { state: emptyState(sequence.stream), held: [], missing: false };
    const first = parseFrame(sequence.snapshot);
    if (first) inbox = receive(inbox, first);
    const outcomes: string[] = [];
    for (const content of sequence.messages) {
      const message = parse(content);
      expect(message).not.toBeNull();
      for (const next of message?.frames ?? []) {
        const receipt = receive(inbox, next);
        outcomes.push(receipt.outcome);
        inbox = receipt;
      }
    }
    expect(outcomes).toEqual(sequence.outcomes);
    expect(texts(inbox.state)).toEqual(sequence.parts);
    expect(inbox.state).toMatchObject({ status: sequence.status, seq: sequence.seq });
    expect(inbox.missing).toBe(sequence.missing);
  });

  test("in the store", () => {
    const channel = new FakeChannel(sequence.stream, sequence.snapshot);
    const store = new Store(channel, new FakeClock());
    for (const content of sequence.messages) channel.receive(content);
    expect(texts(store.state)).toEqual(sequence.parts);
    expect(store.state).toMatchObject({ status: sequence.status, seq: sequence.seq });
    expect(channel.count("resync")).toBe(sequence.resyncs);
  });
});

test("a frame changes a copy", () => {
  const before = run(opened, delta(2, 0, "Hello"));
  const kept = JSON.stringify(before);
  const after = reduce(before, frame(delta(3, 5, " world"))).state;
  expect(JSON.stringify(before)).toBe(kept);
  expect(texts(after)[0]?.text).toBe("Hello world");
});

test("what belongs to a status goes with it, what is known stays", () => {
  const retry = { attempt: 2, max_attempts: 3, delay: 1, reason: "503" };
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  const error = { type: "E", message: "m" };
  const first = run(
    opened,
    status(2, "retrying", { retry, error, reason: "r", usage, request_id: "req", model: "m2" }),
  );
  expect(first).toMatchObject({ retry, error, reason: "r", model: "m2" });
  const then = reduce(first, frame(status(3, "in_progress"))).state;
  expect(then).toMatchObject({ usage, request_id: "req", model: "m2", label: "Say hello" });
  for (const gone of ["retry", "error", "reason", "kind", "ops"])
    expect(then).not.toHaveProperty(gone);
});

test("lengths are compared both ways", () => {
  const state = run(opened, delta(2, 0, "Hello"));
  expect(isComplete(state)).toBe(true);
  expect(isComplete({ ...state, lengths: { text: 5 } })).toBe(true);
  expect(isComplete({ ...state, lengths: { text: 4 } })).toBe(false);
  expect(isComplete({ ...state, lengths: {} })).toBe(false);
  expect(isComplete({ ...state, lengths: { text: 5, more: 1 } })).toBe(false);
});

describe("textAfter", () => {
  const part = (state: State): Part => {
    const [first] = state.parts;
    if (!first) throw new Error("no part");
    return first;
  };
  const early = part(run(opened, delta(2, 0, "Hello")));
  const late = part(run(opened, delta(2, 0, "Hello"), delta(3, 5, " world"), delta(4, 11, "!")));
  const empty = { ...early, last: null };

  test("of an earlier state of the same", () => {
    const state = run(opened, delta(2, 0, "Hello"));
    const next = reduce(state, frame(delta(3, 5, " world"))).state;
    expect(textAfter(part(next), part(state))).toBe(" world");
    expect(textAfter(part(next), part(next))).toBe("");
  });

  test("of nothing", () => expect(textAfter(late, empty)).toBe("Hello world!"));

  test("across a snapshot, by the text itself", () => {
    expect(textAfter(late, early)).toBe(" world!");
    expect(textAfter(early, late)).toBeNull();
    expect(textAfter(empty, early)).toBeNull();
  });
});
