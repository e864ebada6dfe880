/** Checks of data from outside. An optional field that is absent is right. */

export type Check = (value: unknown) => boolean;
export type Fields = Readonly<Record<string, Check>>;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const text: Check = (value) => typeof value === "string";
export const name: Check = (value) => typeof value === "string" && value !== "";
export const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const position: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
export const seconds: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
export const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
export const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
export const table =
  (item: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(item);
export const shape =
  (required: Fields, optional: Fields = {}): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(required).every(([key, check]) => check(value[key])) &&
    Object.entries(optional).every(([key, check]) => value[key] === undefined || check(value[key]));
