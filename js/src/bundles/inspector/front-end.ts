/** The page, as a bug report names it: "JupyterLab 4.6.6, Chrome 156". */
export function frontEnd(): string {
  const browser = /(?:Firefox|Chrome|Version)\/\d+/.exec(navigator.userAgent)?.[0] ?? "";
  return [application(), browser.replace("Version", "Safari").replace("/", " ")]
    .filter(Boolean)
    .join(", ");
}

function application(): string {
  // https://github.com/jupyterlab/jupyterlab/blob/v4.6.6/packages/coreutils/src/pageconfig.ts
  const config = document.getElementById("jupyter-config-data")?.textContent ?? "";
  try {
    const { appName = "", appVersion = "" } = JSON.parse(config);
    return `${appName} ${appVersion}`.trim();
  } catch {
    return "";
  }
}
