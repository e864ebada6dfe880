/** Marks in a text that are meant for the page of the service that wrote it. */

/**
 * Marks for the services' own pages, which name the results of a search,
 * as in https://platform.openai.com/docs/guides/tools-web-search
 */
const MARKS =
  /\ue200(?:url\ue202([^\ue202\n]*)|entity\ue202\["[^"\n]*","([^"\n]*)")?[^\ue200\ue201\n]*\ue201|\ue202turn\d+[a-z]+\d+(?!\w|$)|[\ue203-\ue206]/g;
/** One that may go on. */
const HALF = /[\ue200\ue202][^\ue201\n]*$/;

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
    finish: () => renderer.finish(),
  };
}
