/** The images of one widget's answer: their frames are fetched from the kernel when they are shown. */

import type { Channel } from "../host/channel.js";
import type { Clock } from "../host/clock.js";
import { parseImage } from "../protocol/messages.js";
import { image } from "../protocol/requests.js";

export interface Images {
  /** The address of the last frame that is here, or null; a later one is asked for. */
  url(part: string, frame: number): string | null;
}

interface Shown {
  readonly url: string;
  readonly frame: number;
}

/** How long (ms) a frame may take before it is asked for once more. */
const PATIENCE = 10_000;

/** `changed` is called when a frame has come, or may be asked for once more. */
export function createImages(
  channel: Channel,
  clock: Clock,
  changed: () => void,
  model?: AbortSignal,
): Images {
  const stream = String(channel.get("_stream"));
  const shown = new Map<string, Shown>();
  /** The frames that were asked for, and how to stop waiting for them. */
  const asked = new Map<string, () => void>();

  function settle(part: string): void {
    asked.get(part)?.();
    asked.delete(part);
    changed();
  }

  channel.onMessage((content, buffers) => {
    const message = parseImage(content);
    const bytes = buffers?.[0] as DataView<ArrayBuffer> | undefined;
    if (!message || !bytes || message.stream !== stream) return;
    const { part, frame, format } = message;
    const before = shown.get(part);
    const url = URL.createObjectURL(new Blob([bytes], { type: `image/${format}` }));
    shown.set(part, { url, frame });
    if (before) URL.revokeObjectURL(before.url);
    settle(part);
  });
  model?.addEventListener("abort", () => {
    for (const { url } of shown.values()) URL.revokeObjectURL(url);
    for (const stop of asked.values()) stop();
  });

  return {
    url(part, frame) {
      const last = shown.get(part);
      if ((last?.frame ?? 0) < frame && !asked.has(part)) {
        asked.set(
          part,
          clock.after(PATIENCE, () => settle(part)),
        );
        try {
          channel.send(image(stream, part));
        } catch {
          // The kernel is gone: the image is, but not what is painted beside it.
        }
      }
      return last?.url ?? null;
    },
  };
}

/** For a view without a kernel. */
export const noImages: Images = { url: () => null };
