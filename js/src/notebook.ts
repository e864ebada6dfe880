/**
 * What a notebook in JupyterLab has to do with its streams: a bundle of its own, which travels with
 * the widget's. Other hosts have none of it.
 */

export { watchKernel } from "./control.js";
export { watchDocument } from "./document.js";
export { keepOutputs, watchOrphan } from "./outputs.js";
