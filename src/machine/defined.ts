/** The same fields, each absent where it was undefined. */
export type Defined<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

/** Leaves out the fields that are undefined, so that what is not known is not there. */
export function withoutUndefined<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>;
}
