/** Marks in a text that are meant for the page of the service that wrote it. */

/**
 * They name the results of a search, as in
 * https://platform.openai.com/docs/guides/tools-web-search
 */
const MARKS =
  /\ue200(?:url\ue202([^\ue200-\ue202\n]{0,2000})|entity\ue202\["[^"\ue200-\ue202\n]{0,2000}","([^"\ue200-\ue202\n]{0,2000})")?[^\ue200\ue201\n]{0,2000}\ue201|\ue202turn\d{1,9}[a-z]{1,20}\d{1,9}(?!\w|$)|[\ue203-\ue206]/g;
/** What may become one. */
const HALF = /(?:\ue200[^\ue200\ue201\n]{0,9000}|\ue202(?:t|tur?|turn\d{0,9}[a-z]{0,20}\d{0,9})?)$/;
/** One that was cut; other uses of these characters are symbols of some font. */
const CUT = /^(?:\ue200\w*(?:\ue202|$)|\ue202)/;

interface Renderer {
  append(text: string): void;
  finish(): void;
}

/** `renderer` without the marks in what it is given; of links and names their words stay. */
export function withoutMarks(renderer: Renderer): Renderer {
  let half = "";
  return {
    append(added) {
      let text = half + added;
      half = "";
      if (/[\ue200-\ue206]/.test(text)) {
        text = text.replace(MARKS, "$1$2");
        half = HALF.exec(text)?.[0] ?? "";
        text = text.slice(0, text.length - half.length);
      }
      renderer.append(text);
    },
    finish() {
      if (!CUT.test(half)) renderer.append(half);
      renderer.finish();
    },
  };
}
