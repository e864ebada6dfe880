/** Text as inlines: what the inline parser makes and the page shows. */

export type Span = "em" | "strong" | "del";

export type Inline =
  | { readonly kind: "text"; text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "break" }
  | { readonly kind: Span; readonly children: Inline[] }
  | {
      readonly kind: "link" | "image";
      readonly href: string;
      readonly title: string;
      readonly children: Inline[];
    };

/** The text alone, as an image's description has it. */
export function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (inline.kind === "break") return "\n";
      return "text" in inline ? inline.text : plainText(inline.children);
    })
    .join("");
}
