import type { JsonValue } from '../../../dbus/objects/question.ts';

/** How a variant and a 64-bit number are to be made, which differs between clients. */
export interface Makers {
  variant(signature: string, value: unknown): unknown;
  dictionary(pairs: readonly (readonly [unknown, unknown])[]): unknown;
}

/** The values of a body, from JSON (exchange.ts). Texts that stand for numbers become numbers. */
export function valuesOf(signature: string, body: readonly JsonValue[], makers: Makers): unknown[] {
  return completeTypes(signature).map((type, index) => toValue(type, body[index] as JsonValue, makers));
}

function toValue(type: string, value: JsonValue, makers: Makers): unknown {
  if (type === 'v') {
    const { signature, value: inner } = value as { readonly signature: string; readonly value: JsonValue };
    return makers.variant(signature, toValue(signature, inner, makers));
  }
  if (type === 'ay') return Buffer.from(value as number[]);
  if (type.startsWith('a{')) {
    const [keyType = '', valueType = ''] = completeTypes(type.slice(2, -1));
    const pairs = value as readonly (readonly [JsonValue, JsonValue])[];
    return makers.dictionary(pairs.map(([k, v]) => [toValue(keyType, k, makers), toValue(valueType, v, makers)]));
  }
  if (type.startsWith('a')) return (value as readonly JsonValue[]).map((each) => toValue(type.slice(1), each, makers));
  if (type.startsWith('(')) return valuesOf(type.slice(1, -1), value as readonly JsonValue[], makers);
  if (type === 'b') return value === 1;
  if ('xt'.includes(type)) return BigInt(value as string);
  return 'ynqiud'.includes(type) ? Number(value) : value;
}

function completeTypes(signature: string): string[] {
  const types: string[] = [];
  for (let start = 0; start < signature.length; ) {
    const end = endOf(signature, start);
    types.push(signature.slice(start, end));
    start = end;
  }
  return types;
}

function endOf(signature: string, start: number): number {
  const code = signature[start] ?? '';
  if (code === 'a') return endOf(signature, start + 1);
  if (code !== '(' && code !== '{') return start + 1;
  let depth = 0;
  for (let index = start; index < signature.length; index++) {
    if ('({'.includes(signature[index] as string)) depth++;
    else if (')}'.includes(signature[index] as string) && --depth === 0) return index + 1;
  }
  throw new Error(`no signature: ${signature}`);
}
