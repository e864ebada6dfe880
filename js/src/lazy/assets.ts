/**
 * The heavy parts of the front end. They come from the kernel when something is shown that needs
 * them, once per page however many widgets it holds. Until then, and without a kernel, text stays
 * as it is.
 */

import type { Channel } from "../host/channel.js";
import type { Clock } from "../host/clock.js";
import { type AssetMessage, type AssetName, parseAsset } from "../protocol/messages.js";
import { asset } from "../protocol/requests.js";
import type { Heavy, HeavyTypes } from "./lazy.js";

/** The parts for one view; requests that still wait when the view ends are dropped. */
export type AssetsOf = (view: AbortSignal) => Heavy;

type Import = (url: string) => Promise<Record<string, unknown>>;

/** A widget's way to its kernel. */
interface Line {
  /** Whether its kernel may be listening. */
  open: boolean;
  send(name: AssetName): void;
}

interface View {
  readonly line: Line;
  ended: boolean;
}

interface Asset {
  readonly name: AssetName;
  /** Who is to be told. */
  readonly waiting: Map<View, Set<() => void>>;
  state: "absent" | "loading" | "settled";
  /** What it is once settled; null if it cannot be used. */
  value: unknown;
  /** The line that carries the request in flight. */
  asked: Line | null;
  /** The lines of the requests of this round that had no answer. */
  tried: Line[];
  stopTimer: () => void;
}

/**
 * How long a request is given before the next. A kernel that computes answers late, and is heard
 * then, too: this is for kernels that are gone and for answers that were lost.
 */
const PATIENCE = [10_000, 30_000, 90_000];

/** What a module exports, and by which method it is known. */
const EXPORTS: Record<keyof HeavyTypes, readonly [string, string]> = {
  highlight: ["highlighter", "open"],
  math: ["math", "render"],
  copier: ["copier", "write"],
  inspector: ["inspector", "open"],
};

async function load(name: AssetName, bytes: DataView, importModule: Import): Promise<unknown> {
  const data = bytes as DataView<ArrayBuffer>;
  if (name === "math-font") {
    const font = await new FontFace("nbstream-math", data).load();
    document.fonts.add(font);
    return font;
  }
  const url = URL.createObjectURL(new Blob([data], { type: "text/javascript" }));
  try {
    const [key, method] = EXPORTS[name];
    const part = (await importModule(url))[key] as Record<string, unknown> | undefined;
    if (typeof part?.[method] !== "function") throw new TypeError(`no ${key} in it`);
    return part;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** One per page and version of nbstream: each widget has its own copy of this module. */
class PageAssets {
  private readonly lines = new Set<Line>();
  private readonly assets = new Map<AssetName, Asset>();

  constructor(
    private readonly clock: Clock,
    private readonly importModule: Import,
  ) {}

  /** The asset, or null; then `ready` is called once it is there, unless `view` has ended. */
  get(name: AssetName, ready: () => void, view: View): unknown {
    if (name === "math") this.get("math-font", nothing, view);
    const asset = this.asset(name);
    if (asset.state === "settled") return asset.value;
    if (!view.ended) {
      const calls = asset.waiting.get(view) ?? new Set();
      asset.waiting.set(view, calls.add(ready));
      this.ask(asset, view.line);
    }
    return null;
  }

  /** Forgets who waits in a view. */
  end(view: View): void {
    view.ended = true;
    for (const { waiting } of this.assets.values()) waiting.delete(view);
  }

  /** A widget that may be asked, from now on or again. */
  join(line: Line): void {
    this.lines.add(line);
    line.open = true;
    for (const asset of this.assets.values()) this.ask(asset, line);
  }

  /** A widget that is gone, with its views. */
  remove(line: Line): void {
    for (const { waiting } of this.assets.values())
      for (const view of waiting.keys()) if (view.line === line) this.end(view);
    this.leave(line);
  }

  /** A widget that cannot be asked, for now at least. What it was asked for, another is. */
  leave(line: Line): void {
    this.lines.delete(line);
    line.open = false;
    for (const asset of this.assets.values()) {
      asset.tried = asset.tried.filter((other) => other !== line);
      if (asset.asked !== line) continue;
      asset.stopTimer();
      asset.asked = null;
      this.ask(asset);
    }
  }

  /** Whoever asked, and however long ago. */
  async receive({ name, error }: AssetMessage, bytes: DataView | undefined): Promise<void> {
    const asset = this.asset(name);
    if (asset.state !== "absent") return;
    asset.state = "loading";
    asset.stopTimer();
    asset.asked = null;
    try {
      if (!bytes) throw new Error(error ?? "it came without its bytes");
      asset.value = await load(name, bytes, this.importModule);
    } catch (reason) {
      console.warn(`nbstream: "${name}" cannot be used on this page`, reason);
    }
    asset.state = "settled";
    const waiting = [...asset.waiting.values()];
    asset.waiting.clear();
    if (asset.value) for (const calls of waiting) for (const ready of calls) tell(ready);
  }

  private asset(name: AssetName): Asset {
    const found = this.assets.get(name);
    if (found) return found;
    const made: Asset = {
      name,
      waiting: new Map(),
      state: "absent",
      value: null,
      asked: null,
      tried: [],
      stopTimer: nothing,
    };
    this.assets.set(name, made);
    return made;
  }

  /** Puts one request in flight if somebody waits, nothing is under way, and somebody can ask. */
  private ask(asset: Asset, first?: Line): void {
    if (asset.asked || asset.state !== "absent" || !asset.waiting.size) return;
    const lines = [...(first ? [first] : []), ...this.lines].filter(({ open }) => open);
    const line = lines.find((other) => !asset.tried.includes(other)) ?? lines[0];
    if (!line) return;
    try {
      line.send(asset.name);
    } catch {
      this.leave(line);
      this.ask(asset);
      return;
    }
    asset.asked = line;
    asset.stopTimer = this.clock.after(PATIENCE[asset.tried.length] ?? 0, () => {
      asset.asked = null;
      asset.tried.push(line);
      if (asset.tried.length < PATIENCE.length) this.ask(asset);
      // Enough, until somebody needs it anew or another widget comes.
      else asset.tried = [];
    });
  }
}

function nothing(): void {}

function tell(ready: () => void): void {
  try {
    ready();
  } catch (error) {
    console.warn("nbstream: a view could not take up what was loaded", error);
  }
}

const REGISTRY: unique symbol = Symbol.for("nbstream.assets");

function pageAssets(version: string, clock: Clock, importModule: Import): PageAssets {
  const scope = globalThis as { [REGISTRY]?: Map<string, PageAssets> };
  scope[REGISTRY] ??= new Map();
  const found = scope[REGISTRY].get(version) ?? new PageAssets(clock, importModule);
  scope[REGISTRY].set(version, found);
  return found;
}

/** Joins a widget to the page's assets, until `model` aborts. */
export function createAssets(
  channel: Channel,
  clock: Clock,
  model?: AbortSignal,
  importModule: Import = (url) => import(/* @vite-ignore */ url),
): AssetsOf {
  const page = pageAssets(String(channel.get("_assets")), clock, importModule);
  const stream = String(channel.get("_stream"));
  const line: Line = { open: true, send: (name) => channel.send(asset(stream, name)) };
  channel.onMessage((content, buffers) => {
    if (!line.open) page.join(line);
    const message = parseAsset(content);
    if (message) void page.receive(message, buffers?.[0]);
  });
  // A connection that comes back is known by its first message.
  channel.onConnection(() => page.leave(line));
  model?.addEventListener("abort", () => page.remove(line));
  page.join(line);
  return (signal) => {
    const view: View = { line, ended: signal.aborted };
    signal.addEventListener("abort", () => page.end(view));
    return {
      get: <Name extends keyof HeavyTypes>(name: Name, ready: () => void) =>
        page.get(name, ready, view) as HeavyTypes[Name] | null,
    };
  };
}
