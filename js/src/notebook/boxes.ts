/**
 * Which streams an output shows inside of other widgets, such as an HBox. JupyterLab's manager of
 * widgets (seen with ipywidgets 8.1) knows each model by its id, and a stream's is its name.
 */

interface Manager {
  has_model?(id: string): boolean;
  get_model?(id: string): Promise<{ readonly attributes?: unknown }>;
}

/** More widgets than this in one output are not looked through. */
const MOST = 500;
/** Lists within lists and the like, within one attribute. */
const DEEPEST = 5;

/** The streams of `known` in the widget with this id, in the order in which it holds them. */
export async function streamsIn(
  manager: unknown,
  id: string,
  known: (stream: string) => boolean,
  seen: Set<string> = new Set(),
): Promise<string[]> {
  if (seen.has(id) || seen.size > MOST) return [];
  seen.add(id);
  if (known(id)) return [id];
  const streams: string[] = [];
  for (const one of await held(manager, id)) {
    streams.push(...(await streamsIn(manager, one, known, seen)));
  }
  return streams;
}

/** The ids of the widgets that a widget holds, in any of its attributes. */
async function held(manager: unknown, id: string): Promise<string[]> {
  const { get_model, has_model } = (manager ?? {}) as Manager;
  try {
    // It would be waited for.
    if (!has_model?.call(manager, id)) return [];
    return idsIn((await get_model?.call(manager, id))?.attributes);
  } catch {
    return []; // Its model cannot be made.
  }
}

function idsIn(value: unknown, depth = 0): string[] {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return [];
  // A model, or the MIME bundle of a view, as an Output widget has it.
  const { model_id: id } = value as { model_id?: unknown };
  if (typeof id === "string") return [id];
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value).flatMap((one) => idsIn(one, depth + 1)) : [];
}
