/** A method call in words of JSON, and what came back. */
export interface Question {
  readonly path: string;
  readonly interface?: string;
  readonly member: string;
  readonly signature?: string;
  /** {@link JsonVariant} where the signature has a variant. */
  readonly body?: readonly JsonValue[];
  /** Who asks: root when absent. */
  readonly as?: 'nobody';
}

export type JsonValue = string | number | readonly JsonValue[] | JsonVariant;

export interface JsonVariant {
  readonly signature: string;
  readonly value: JsonValue;
}

/** Values as {@link jsonOf} writes them. */
export type Reply =
  | { readonly signature: string; readonly body: readonly unknown[] }
  | { readonly error: string; readonly text: string };

export interface Exchange {
  readonly question: Question;
  readonly reply: Reply;
}

/** Values of D-Bus as JSON: 64-bit numbers as text, bytes as numbers, dictionaries as pairs, whatever made them. */
export function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Map) return [...value].map((pair) => pair.map(jsonOf));
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  if (!('signature' in value && 'value' in value)) return Object.entries(value).map((pair) => pair.map(jsonOf));
  return { signature: value.signature, value: jsonOf(value.value) };
}
