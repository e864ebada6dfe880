/**
 * What a notebook in JupyterLab does for its streams: a bundle of its own, which is sent together
 * with the widget's. In other hosts it does nothing.
 */

export { watchKernel } from "../host/subshell.js";
export { watchDocument } from "./document.js";
export { keepOutputs, watchOrphan } from "./outputs.js";
