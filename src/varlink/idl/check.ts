import type { Interface, Struct, Type } from './syntax.ts';

/**
 * Says whether a value out of JSON.parse is of a type: undefined when it is, else the path of the part that is not,
 * such as `name`, `pid.pidfdId` or `ifIndices[1]`; an empty path is the value itself.
 */
export type Check = (value: unknown) => string | undefined;

export interface CheckOptions {
  /** Whether a struct may have fields that its type does not name. */
  readonly unknownFields: 'refuse' | 'allow';
}

/**
 * Compiles the check of a struct of `definition`, once, so that a call costs a few closure calls.
 *
 * The order is that of sd-varlink 262: first the fields in the order of the type, each missing, null or of a wrong
 * type, and only then what the type does not know. For a fault inside of a field sd-varlink gives just the field's
 * name, this gives the whole path. Numbers are of type int when they are integers that a double holds exactly (1.0 is,
 * 2 to the power of 53 is not). sd-varlink leaves integers in decimal strings to the handler, which refuses them for
 * most fields; here they are always refused.
 */
export function compileCheck(definition: Interface, struct: Struct, options: CheckOptions): Check {
  return new Compiler(definition, options).compile(struct);
}

class Compiler {
  readonly #definition: Interface;
  readonly #options: CheckOptions;
  readonly #named = new Map<string, { check: Check }>();

  constructor(definition: Interface, options: CheckOptions) {
    this.#definition = definition;
    this.#options = options;
  }

  compile(type: Type): Check {
    switch (type.kind) {
      case 'bool':
        return (value) => (typeof value === 'boolean' ? undefined : '');
      case 'int':
        return (value) => (Number.isSafeInteger(value) ? undefined : '');
      case 'float':
        return (value) => (Number.isFinite(value) ? undefined : '');
      case 'string':
        return (value) => (typeof value === 'string' ? undefined : '');
      case 'object':
        return (value) => (isObject(value) ? undefined : '');
      case 'any':
        return (value) => (value !== undefined ? undefined : '');
      case 'enum':
        return checkEnum(type.values.map(({ name }) => name));
      case 'list':
        return checkList(this.compile(type.element));
      case 'dictionary':
        return checkDictionary(this.compile(type.element));
      case 'nullable': {
        const element = this.compile(type.element);
        return (value) => (value === null ? undefined : element(value));
      }
      case 'struct':
        return this.#struct(type);
      case 'reference':
        return this.#reference(type.name);
    }
  }

  #struct(struct: Struct): Check {
    const fields = struct.fields.map(({ name, type }) => ({
      name,
      check: this.compile(type),
      optional: type.kind === 'nullable',
      inherited: name in Object.prototype,
    }));
    const known = this.#options.unknownFields === 'refuse' ? new Set(fields.map(({ name }) => name)) : undefined;
    return (value) => {
      if (!isObject(value)) return '';
      for (const { name, check, optional, inherited } of fields) {
        // A field may be called "constructor": what every object inherits is not the sender's.
        if (inherited && !Object.hasOwn(value, name)) value[name] = undefined;
        const field = value[name];
        if (field === undefined) {
          if (!optional) return name;
          continue;
        }
        const fault = check(field);
        if (fault !== undefined) return joinPath(name, fault);
      }
      if (known !== undefined) {
        for (const name in value) if (!known.has(name)) return name;
      }
      return undefined;
    };
  }

  /** Types may contain themselves, so a named one is looked up when it is used first. */
  #reference(name: string): Check {
    let slot = this.#named.get(name);
    if (slot === undefined) {
      slot = { check: () => '' };
      this.#named.set(name, slot);
      const member = this.#definition.members.find((other) => other.name === name);
      if (member?.kind !== 'type') throw new Error(`${this.#definition.name} has no type ${name}`);
      slot.check = this.compile(member.value);
    }
    const target = slot;
    return (value) => target.check(value);
  }
}

function checkEnum(names: readonly string[]): Check {
  const values = new Set<unknown>(names);
  return (value) => (values.has(value) ? undefined : '');
}

function checkList(element: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (let index = 0; index < value.length; index++) {
      const fault = element(value[index]);
      if (fault !== undefined) return joinPath(`[${index}]`, fault);
    }
    return undefined;
  };
}

function checkDictionary(element: Check): Check {
  return (value) => {
    if (!isObject(value)) return '';
    for (const key in value) {
      const fault = element(value[key]);
      if (fault !== undefined) return joinPath(key, fault);
    }
    return undefined;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joinPath(outer: string, inner: string): string {
  if (inner === '') return outer;
  return inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}
