/** Scripted streams for harness.html; not shipped. */

import { create } from "../src/index.js";
import * as notebook from "../src/notebook/notebook.js";

type Content = Record<string, unknown>;

class ScriptedModel {
  private readonly listeners: { event: string; callback: (content: unknown) => void }[] = [];
  sent: unknown[] = [];

  constructor(private readonly stream: string) {}

  get(name: string): unknown {
    return name === "_stream" ? this.stream : null;
  }
  on(event: string, callback: (content: unknown) => void): void {
    this.listeners.push({ event, callback });
  }
  off(): void {}
  send(content: unknown): void {
    this.sent.push(content);
  }
  emit(...frames: Content[]): void {
    const full = frames.map((frame, index) => ({
      stream: this.stream,
      seq: this.seq + index,
      ...frame,
    }));
    this.seq += frames.length;
    this.tell("msg:custom", { v: 1, frames: full });
  }
  close(): void {
    this.tell("comm_live_update", undefined);
  }
  private tell(event: string, content: unknown): void {
    for (const listener of this.listeners) if (listener.event === event) listener.callback(content);
  }
  private seq = 1;
}

const TEXT = `Backpressure is what a slow reader does to a fast writer: it makes it wait.

  1. The reader stops taking bytes.
  2. Its buffer fills, then the network's, then the writer's.
  3. The writer's next write does not return until there is room.

So no one has to guess a rate, and nothing is lost.`;
const REASONING = "The user asks about backpressure. ".repeat(30).trim();

const LONG = Array.from({ length: 40 }, (_, n) => `### Step ${n + 1}\n\n${TEXT}\n\n`).join("");
const MIXED = `## Kinds of blocks

A paragraph with **bold**, *emphasis*, ~~struck~~ text, \`code\`, a [link](https://example.org), a
[refused one](javascript:x), and an image: ![A map of the coast](https://example.org/map.png).

> A quote with a list:
>
> - [x] done
> - [ ] not done

\`\`\`python
def wait(seconds: float) -> None:  # ${"a long line, ".repeat(12)}
    time.sleep(seconds)
\`\`\`

| name | ${Array.from({ length: 9 }, (_, n) => `column ${n}`).join(" | ")} |
|---|${"--:|".repeat(9)}
| wide | ${Array.from({ length: 9 }, (_, n) => `${n}00000000`).join(" | ")} |

1. שלום עולם, זהו פריט בעברית.
2. An English item.

הפסקה הזאת כתובה בעברית, עם \`code = 1\` בתוכה.

هذه فقرة بالعربية فيها كلمة English واحدة.

| English | עברית |
|---|---|
| a word | מילה |
`;

const opened = (more: Content = {}): Content => ({
  kind: "opened",
  label: "Explain backpressure to a beginner",
  model: "gpt-5.2",
  created: 1,
  ...more,
});
const add = (text: string, type = "text", offset = 0): Content => ({
  kind: "delta",
  ops: [{ part: type, type, offset, text }],
});
const status = (name: string, more: Content = {}): Content => ({
  kind: "status",
  status: name,
  ...more,
});
const timing = { elapsed: 4.21, first_token: 0.42, since_last: 0.02 };
const usage = {
  input_tokens: 1204,
  output_tokens: 340,
  total_tokens: 1544,
  reasoning_tokens: 128,
  cached_tokens: 1024,
};
const note = "local model (demo quality)";

const SCRIPTS: Record<string, (model: ScriptedModel) => void> = {
  queued: (m) => m.emit(opened({ note, model: "SmolLM2-135M-Instruct" })),
  "reasoning only": (m) =>
    m.emit(opened(), status("in_progress", { timing }), add(REASONING, "reasoning")),
  streaming: (m) =>
    m.emit(
      opened({ note, model: "SmolLM2-135M-Instruct" }),
      status("in_progress", { timing }),
      add(TEXT.slice(0, 200)),
    ),
  "streaming after reasoning": (m) =>
    m.emit(
      opened(),
      status("in_progress", { timing }),
      add(REASONING, "reasoning"),
      add(TEXT.slice(0, 90)),
    ),
  retrying: (m) =>
    m.emit(
      opened(),
      status("retrying", {
        retry: {
          attempt: 2,
          max_attempts: 3,
          delay: 30,
          reason: "429: Rate limit reached for gpt-5.2, please try again in 30 s",
        },
      }),
    ),
  stalled: (m) =>
    m.emit(
      opened(),
      add(TEXT.slice(0, 60)),
      status("stalled", { timing: { elapsed: 30, first_token: 0.4, since_last: 12 } }),
    ),
  "stop pressed, kernel busy": (m) =>
    m.emit(opened(), status("in_progress", { timing }), add(TEXT.slice(0, 60))),
  completed: (m) =>
    m.emit(
      opened({ note, model: "SmolLM2-135M-Instruct" }),
      add(REASONING, "reasoning"),
      add(TEXT),
      status("completed", {
        finish_reason: "stop",
        usage,
        timing: { ...timing, tokens_per_second: 84.3 },
      }),
    ),
  incomplete: (m) =>
    m.emit(
      opened(),
      add(TEXT.slice(0, 120)),
      status("incomplete", {
        reason: "the answer reached the token limit (finish_reason: length)",
        usage,
        timing,
      }),
    ),
  cancelled: (m) =>
    m.emit(
      opened(),
      add(TEXT.slice(0, 120)),
      status("cancelled", { reason: "stopped by you", timing }),
    ),
  failed: (m) =>
    m.emit(
      opened(),
      add(TEXT.slice(0, 90)),
      status("failed", {
        timing,
        request_id: "req_7f3a91c0d2",
        error: {
          type: "RateLimitError",
          message:
            "Rate limit reached for gpt-5.2 in organization org-x on tokens per min (TPM): Limit 30000, Used 29800, Requested 1204.",
          hint: "Wait a moment, or check the rate limits of the account.",
          status_code: 429,
          code: "rate_limit_exceeded",
        },
      }),
    ),
  refusal: (m) =>
    m.emit(opened(), add("I cannot help with that.", "refusal"), status("completed", { timing })),
  "long, streaming": (m) =>
    m.emit(opened(), status("in_progress", { timing }), add(REASONING, "reasoning"), add(LONG)),
  "long, completed": (m) => m.emit(opened(), add(LONG), status("completed", { usage, timing })),
  mixed: (m) => m.emit(opened(), status("in_progress", { timing }), add(MIXED)),
  "mixed, raw": (m) => m.emit(opened(), status("in_progress", { timing }), add(MIXED)),
  growing: (m) => {
    m.emit(opened(), status("in_progress", { timing }));
    let offset = 0;
    const timer = setInterval(() => {
      m.emit(add(LONG.slice(offset, offset + 12), "text", offset));
      offset += 12;
      if (offset >= LONG.length) clearInterval(timer);
    }, 30);
  },
  "kernel gone": (m) => {
    m.emit(opened(), status("in_progress", { timing }), add(TEXT.slice(0, 60)));
    m.close();
  },
  "very long model name": (m) =>
    m.emit(
      opened({ model: "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8-Turbo-2026-01", note }),
      status("in_progress", { timing }),
      add("Hello"),
    ),
};

const query = new URLSearchParams(location.search);
const views = document.querySelector<HTMLElement>("#views");
if (!views) throw new Error("no #views");
if (query.has("width")) views.style.width = `${query.get("width")}px`;
if (query.get("lab") === "dark") document.body.classList.add("lab-dark");
for (const [name, script] of Object.entries(SCRIPTS)) {
  if (!name.includes(query.get("only") ?? "")) continue;
  const model = new ScriptedModel(name);
  const { signal } = new AbortController();
  const el = document.createElement("div");
  const title = document.createElement("h2");
  title.textContent = name;
  views.append(title, el);
  const widget = create("", notebook);
  widget.initialize({ model, signal }, []);
  widget.render({ model, el, signal });
  script(model);
  if (name.startsWith("stop")) el.querySelector<HTMLButtonElement>(".nbs-stop")?.click();
  if (name.endsWith("raw")) el.querySelector<HTMLButtonElement>(".nbs-show-raw")?.click();
}
