import { describe, expect, test } from "vitest";
import fixtures from "../../tests/fixtures/protocol/requests.json";
import * as requests from "../src/protocol/requests.js";

describe("requests", () => {
  const valid = fixtures.filter((entry) => entry.valid);

  test.each(valid)("$name can be made", ({ request }) => {
    expect(make(request as unknown as requests.Request)).toEqual(request);
  });

  function make(request: requests.Request): requests.Request {
    switch (request.kind) {
      case "hello":
        return requests.hello(request.have, request.page, request.client);
      case "resync":
        return requests.resync(request.stream, request.have);
      case "cancel":
        return requests.cancel(request.stream, request.reason);
      case "continue":
        return requests.goOn(request.stream);
      case "decide":
        return requests.decide(request.stream, request.part, request.approved);
      case "released":
        return requests.released(request.stream);
      case "outputs":
        return requests.outputs(request.stream);
      case "asset":
        return requests.asset(request.stream, request.name);
      case "image":
        return requests.image(request.stream, request.part);
      case "inspect":
        return requests.inspect(request.stream, request.front_end);
    }
  }

  test("every kind is among them", () => {
    const kinds = new Set(
      valid.map(({ request }) => (request as unknown as requests.Request).kind),
    );
    expect([...kinds].sort()).toEqual(
      ["hello", "resync", "cancel", "continue", "decide", "released"]
        .concat("outputs", "asset", "image", "inspect")
        .sort(),
    );
  });
});
