import { describe, expect, test } from "vitest";
import assets from "../../tests/fixtures/protocol/assets.json";
import frames from "../../tests/fixtures/protocol/frames.json";
import images from "../../tests/fixtures/protocol/images.json";
import inspections from "../../tests/fixtures/protocol/inspections.json";
import invalid from "../../tests/fixtures/protocol/invalid.json";
import { parseInspection } from "../src/bundles/inspector/message.js";
import * as protocol from "../src/protocol/messages.js";

describe("a message is understood", () => {
  test.each(frames)("$name", ({ message }) => {
    const parsed = protocol.parse(message);
    const known = message.frames.map(({ kind, stream, seq }) =>
      kind === "citation" ? { kind: "unknown", stream, seq } : expect.objectContaining({ kind }),
    );
    expect(parsed).toEqual({ v: 1, frames: known });
  });

  test("every kind and every status is among them", () => {
    const all = frames.flatMap(
      ({ message }) => message.frames as { kind: string; status?: string }[],
    );
    const kinds = new Set(all.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["delta", "status", "snapshot", "citation"]));
    const statuses = new Set(all.map(({ status }) => status).filter(Boolean));
    expect(statuses).toEqual(new Set(protocol.STATUSES));
  });
});

test.each(invalid)("no message: $name", ({ message }) => {
  expect(protocol.parse(message)).toBeNull();
});

describe("assets", () => {
  test.each(assets)("$name", ({ message, valid }) => {
    expect(protocol.parseAsset(message)).toEqual(valid ? message : null);
  });

  test.each(assets)("have no frames, and are not refused for it: $name", ({ message }) => {
    expect(protocol.parse(message)).toEqual({ v: 1, frames: [] });
  });

  test("not of this protocol", () => {
    for (const { message } of invalid) expect(protocol.parseAsset(message)).toBeNull();
  });

  test("every name is among them", () => {
    const names = new Set(assets.filter(({ valid }) => valid).map(({ message }) => message.name));
    expect(names).toEqual(new Set(protocol.ASSETS));
  });
});

test.each(images)("an image's message: $name", ({ message, valid }) => {
  expect(protocol.parseImage(message)).toEqual(valid ? message : null);
});

test.each(inspections)("an inspection: $name", ({ message, valid }) => {
  expect(parseInspection(message)).toEqual(valid ? message : null);
  if (message.v === 1) expect(protocol.parse(message)).toEqual({ v: 1, frames: [] });
});

test("a version and fields of another type are told apart from missing ones", () => {
  expect(protocol.parseFrame(undefined)).toBeNull();
  expect(protocol.parseFrame(null)).toBeNull();
});
