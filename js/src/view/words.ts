/** States in words, and numbers as people read them. Pure. */

import type { PartInfo } from "../protocol/messages.js";
import { isTerminal, type State } from "../store/reduce.js";
import type { Local } from "../store/store.js";

/** A duration in seconds: "0.42 s", "3.2 s", "12 s", "1 min 05 s". */
export function duration(seconds: number): string {
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return wholeSeconds(Math.round(seconds));
}

function wholeSeconds(whole: number): string {
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

const number = (count: number): string => count.toLocaleString("en-US");

/** The time since the start, as it ticks: no hundredths. */
export function elapsed(state: State, local: Local, now: number): string {
  if (isTerminal(state.status)) return state.timing ? duration(state.timing.elapsed) : "";
  const seconds = Math.max(0, (now - local.started) / 1000);
  return seconds < 10
    ? `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`
    : wholeSeconds(Math.floor(seconds));
}

const withReason = (word: string, reason: string | undefined): string =>
  reason ? `${word}: ${reason}` : word;

/** What became of the kernel. */
export const LOST = { restarted: "was restarted", crashed: "crashed", ended: "has ended" } as const;

/** What the stream is doing. */
export function statusWords(state: State, local: Local, now: number): string {
  const waited = (now - local.since) / 1000;
  switch (state.status) {
    case "completed":
      return "done";
    case "incomplete":
    case "cancelled":
      return withReason(state.status, state.reason);
    case "failed":
      return "failed";
  }
  if (local.closed) {
    return local.kernel ? `lost: the kernel ${LOST[local.kernel]}` : "no connection to the kernel";
  }
  if (local.stopping) return local.hungUp ? "stopped" : "stopping…";
  switch (state.status) {
    case "queued":
      return state.reason || "waiting for the first token";
    case "in_progress":
      return "streaming";
    case "cancelling":
      return "stopping…";
    case "stalled": {
      const silent = state.timing?.since_last ?? state.timing?.elapsed ?? 0;
      return `no token for ${wholeSeconds(Math.max(1, Math.floor(silent + waited)))}`;
    }
    case "retrying": {
      const { retry } = state;
      if (!retry) return "retrying";
      const left = Math.ceil(retry.delay - waited);
      const when = left > 0 ? `in ${wholeSeconds(left)}` : "now";
      return withReason(
        `retrying ${when} (attempt ${retry.attempt} of ${retry.max_attempts})`,
        retry.reason,
      );
    }
  }
}

/** A tool as people call it: "get_weather", "web search", "search (of the server docs)". */
export function toolName({ name, kind = "tool", server }: PartInfo): string {
  const words = name || kind.replace(/_call$/, "").replaceAll("_", " ");
  return server ? `${words} (${server})` : words;
}

const TOOL_STATES: Readonly<Record<string, string>> = {
  in_progress: "…",
  completed: "",
  incomplete: "not complete",
};

const UNFINISHED = /^(in_progress|running|being_checked|awaiting_approval)$/;

/** How far a tool has come, and how long it took. */
export function toolState(
  { kind, status = "", seconds, error }: PartInfo,
  running: boolean,
): string {
  const asks = kind === "mcp_approval_request" ? "asks for approval" : "";
  const ended = !running && UNFINISHED.test(status) ? "not complete" : "";
  const failed = error && status !== "declined" ? "failed" : "";
  const state = failed || asks || ended || TOOL_STATES[status];
  const words = [state ?? status.replaceAll("_", " ")];
  if (seconds !== undefined) words.push(duration(seconds));
  return words.filter(Boolean).join(" · ");
}

/** What stands over a model's reasoning; `seconds` of each part of it, once it has ended. */
export function reasoningWords(seconds: readonly (number | undefined)[], running: boolean): string {
  let sum = 0;
  for (const one of seconds) {
    if (one === undefined) return running ? "reasoning…" : "reasoning";
    sum += one;
  }
  return `reasoned for ${duration(sum)}`;
}

/** The numbers that are known, for the line below the answer. */
export function figures({ timing, usage }: State): string {
  const words: string[] = [];
  if (timing?.first_token !== undefined) {
    words.push(`first token ${duration(timing.first_token)}`);
  }
  if (timing?.tokens_per_second !== undefined) {
    const rate = timing.tokens_per_second;
    // Without a usage the kernel counts deltas, whatever they hold.
    const what = usage?.output_tokens ? "tokens" : "deltas";
    words.push(`${rate.toFixed(rate < 10 ? 1 : 0)} ${what}/s`);
  }
  if (usage) {
    const { input_tokens, output_tokens, reasoning_tokens, cached_tokens } = usage;
    const aside = (count: number | undefined, what: string) =>
      count ? ` (${number(count)} ${what})` : "";
    words.push(`${number(input_tokens)} tokens in${aside(cached_tokens, "cached")}`);
    words.push(`${number(output_tokens)} out${aside(reasoning_tokens, "reasoning")}`);
  }
  return words.join(" · ");
}

/** For those who hear the page: how it ended. */
export function ending(state: State): string {
  switch (state.status) {
    case "completed":
      return "The answer is complete.";
    case "failed":
      return withReason("The answer failed", state.error?.message);
    case "incomplete":
      return withReason("The answer is incomplete", state.reason);
    case "cancelled":
      return withReason("The answer was cancelled", state.reason);
    default:
      return "The connection to the kernel has ended.";
  }
}
