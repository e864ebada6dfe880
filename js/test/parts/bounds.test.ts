/** Which formulas are set: the saved form decides alike, by the same fixture. */

import { expect, test } from "vitest";
import fixture from "../../../tests/fixtures/formulas.json";
import { exceedsBounds } from "../../src/bundles/math/bounds.js";

interface Row {
  readonly name: string;
  /** Holds a $ that stands for a member of the lists. */
  readonly each?: string;
  /** Or the lists say how often these come. */
  readonly open?: string;
  readonly middle?: string;
  readonly close?: string;
  readonly shown: readonly (string | number)[];
  readonly source: readonly (string | number)[];
}

const formula = ({ each, open = "", middle = "", close = "" }: Row, member: string | number) =>
  each?.replaceAll("$", () => String(member)) ??
  open.repeat(Number(member)) + middle + close.repeat(Number(member));

test.each(fixture as readonly Row[])("$name", (row) => {
  for (const member of row.shown)
    expect(exceedsBounds(formula(row, member)), `${member}`).toBe(false);
  for (const member of row.source)
    expect(exceedsBounds(formula(row, member)), `${member}`).toBe(true);
});
