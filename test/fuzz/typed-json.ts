import fc from 'fast-check';
import type { Interface, Struct, Type } from '../../src/varlink/index.ts';
import { hostileJson, hostileNumber, hostileText, objectText } from './hostile.ts';

/** Deeper inside there are nulls only: a type can contain itself. */
const MAXIMUM_DEPTH = 4;

/**
 * JSON texts for a struct of an interface: mostly what its type says, sometimes with a field missing, of another type,
 * twice, or unknown.
 * @param known what is worth trying in fields of these names, as JSON texts
 */
export function structTexts(
  definition: Interface,
  struct: Struct,
  known: Readonly<Record<string, readonly string[]>>,
  depth = 0,
): fc.Arbitrary<string> {
  const fields = struct.fields.map(({ name, type }): fc.Arbitrary<[string, string][]> => {
    const good = valueTexts(definition, type, known, depth);
    const usual = known[name];
    const value = fc.oneof(
      { weight: usual === undefined ? 0 : 16, arbitrary: fc.constantFrom(...(usual ?? ['null'])) },
      { weight: 8, arbitrary: good },
      { weight: 1, arbitrary: hostileJson },
    );
    const times = type.kind === 'nullable' ? fc.constantFrom(0, 0, 1) : fc.constantFrom(0, ...Array(9).fill(1), 2);
    return times.chain((count) =>
      fc.array(value, { minLength: count, maxLength: count }).map((all) => all.map((one) => [name, one])),
    );
  });
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(hostileText, hostileJson), { maxLength: 2 }) },
  );
  return objectText(fc.tuple(...fields, unknown).map((pairs) => pairs.flat()));
}

/** The same with nothing wrong: only fields that must be there, and those that something is known for. */
export function carefulTexts(
  definition: Interface,
  { fields }: Struct,
  known: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<string> {
  const pairs = fields.map(({ name, type }): fc.Arbitrary<[string, string][]> => {
    const usual = known[name];
    const value = usual === undefined ? valueTexts(definition, type, known, 1) : fc.constantFrom(...usual);
    const here = value.map((text): [string, string][] => [[name, text]]);
    if (type.kind !== 'nullable') return here;
    return usual === undefined ? fc.constant([]) : fc.oneof(here, fc.constant<[string, string][]>([]));
  });
  return objectText(fc.tuple(...pairs).map((all) => all.flat()));
}

function valueTexts(
  definition: Interface,
  type: Type,
  known: Readonly<Record<string, readonly string[]>>,
  depth: number,
): fc.Arbitrary<string> {
  if (depth > MAXIMUM_DEPTH) return fc.constant('null');
  const inside = (inner: Type): fc.Arbitrary<string> => valueTexts(definition, inner, known, depth + 1);
  switch (type.kind) {
    case 'bool':
      return fc.constantFrom('true', 'false');
    case 'int':
    case 'float':
      return hostileNumber;
    case 'string':
      return hostileText.map((text) => JSON.stringify(text));
    case 'object':
    case 'any':
      return hostileJson;
    case 'enum':
      return fc.constantFrom(...type.values.map(({ name }) => JSON.stringify(name)));
    case 'nullable':
      return fc.oneof({ weight: 4, arbitrary: inside(type.element) }, { weight: 1, arbitrary: fc.constant('null') });
    case 'list':
      return fc.array(inside(type.element), { maxLength: 5 }).map((values) => `[${values.join()}]`);
    case 'dictionary':
      return objectText(fc.array(fc.tuple(hostileText, inside(type.element)), { maxLength: 4 }));
    case 'struct':
      return structTexts(definition, type, known, depth + 1);
    case 'reference': {
      const found = definition.members.find(({ name }) => name === type.name);
      if (found?.kind !== 'type') throw new Error(`${definition.name} has no type ${type.name}`);
      return valueTexts(definition, found.value, known, depth + 1);
    }
  }
}
