/** The panel's style. It travels with the panel: few widgets are inspected. */
export const STYLE = `
.nbs-inspector:not([hidden]) {
  margin-top: 6px;
  padding: 6px 10px 8px;
  border: 1px solid var(--nbs-line);
  border-radius: 4px;
  font-family: var(--nbs-ui-font);
  font-size: var(--nbs-small);
  line-height: 1.5;
}
.nbs-in-bar {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 6px;
}
.nbs-in-title {
  flex: 1 1 auto;
  font-weight: 600;
}
.nbs-in-filter {
  flex: 0 1 14em;
  min-width: 6em;
  height: 22px;
  margin: 0;
  padding: 0 6px;
  border: 1px solid var(--nbs-line);
  border-radius: 4px;
  background: var(--nbs-back);
  color: var(--nbs-text);
  font: inherit;
  font-size: 0.92em;
}
.nbs-in-note {
  margin: 4px 0 0;
  color: var(--nbs-muted);
}
.nbs-in-note:empty {
  display: none;
}
.nbs-view .nbs-in-facts {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22em), 1fr));
  gap: 0 16px;
  margin: 4px 0;
}
.nbs-in-facts > div {
  display: flex;
  gap: 10px;
}
.nbs-in-facts > .nbs-in-wide {
  grid-column: 1 / -1;
}
/* JupyterLab and Notebook let them float. */
.nbs-view .nbs-in-facts :is(dt, dd) {
  float: none;
  width: auto;
  margin: 0;
  padding: 0;
}
.nbs-view .nbs-in-facts dt {
  flex: none;
  min-width: min(7.5em, 40%);
  color: var(--nbs-muted);
  font-weight: 400;
}
.nbs-in-headers > summary {
  width: fit-content;
  color: var(--nbs-muted);
  cursor: pointer;
}
.nbs-view .nbs-in-headers > .nbs-in-facts {
  padding-left: 14px;
}
.nbs-in-scroller {
  max-height: 22em;
  margin-top: 6px;
  overflow: auto;
  border-top: 1px solid var(--nbs-line);
}
.nbs-view .nbs-in-table {
  width: 100%;
  margin: 0;
  border: none;
  border-collapse: collapse;
  table-layout: fixed;
  color: inherit;
  font-family: var(--jp-code-font-family, var(--vscode-editor-font-family, monospace));
  font-size: 0.86em;
}
.nbs-view .nbs-in-table :is(th, td) {
  max-width: none;
  padding: 1px 8px 1px 0;
  border: none;
  background: none;
  text-align: left;
  vertical-align: top;
  white-space: normal;
}
.nbs-view .nbs-in-table th {
  position: sticky;
  top: 0;
  background: var(--nbs-back);
  color: var(--nbs-muted);
  font-weight: 400;
}
.nbs-view .nbs-in-table tbody tr {
  background: none;
}
.nbs-view .nbs-in-table tbody tr:hover {
  background: var(--nbs-soft);
}
.nbs-view .nbs-in-table :is(.nbs-in-number, .nbs-in-gap) {
  color: var(--nbs-muted);
  font-variant-numeric: tabular-nums;
  text-align: right;
}
.nbs-view .nbs-in-table .nbs-in-long {
  color: var(--nbs-warn);
  font-weight: 600;
}
.nbs-view .nbs-in-table :is(.nbs-in-name, summary) {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.nbs-view .nbs-in-table summary {
  cursor: pointer;
}
.nbs-view .nbs-in-table :focus-visible {
  outline-offset: -2px;
}
.nbs-view .nbs-in-table pre {
  margin: 2px 0 6px;
  padding: 4px 8px;
  border-left: 2px solid var(--nbs-line);
  background: none;
  color: inherit;
  font: inherit;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.nbs-view .nbs-in-table .nbs-in-skipped td {
  color: var(--nbs-muted);
  font-style: italic;
}
.nbs-in-filtered > .nbs-in-skipped {
  display: none;
}
.nbs-in-numbers { width: 4em; }
.nbs-in-gaps { width: 7.5em; }
.nbs-in-names { width: 17em; }
.nbs-in-nameless :is(.nbs-in-names, .nbs-in-name, th.nbs-in-name) {
  display: none;
}
@container nbs (width < 560px) {
  /* JupyterLab puts its collapser right beside the output then. */
  .nbs-inspector { margin-left: 6px; }
  .nbs-in-gaps { width: 6.5em; }
  .nbs-view .nbs-in-table :is(.nbs-in-numbers, .nbs-in-number, .nbs-in-names, .nbs-in-name) {
    display: none;
  }
  .nbs-in-table summary:not([data-event=""])::before {
    content: attr(data-event) "  ";
    font-weight: 600;
  }
}
@media print {
  .nbs-in-scroller { max-height: none; overflow: visible; }
  .nbs-in-bar > :is(button, input) { display: none; }
}
`;
