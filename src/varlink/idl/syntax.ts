/**
 * The syntax tree of a Varlink interface definition (https://varlink.org/Interface-Definition).
 *
 * Comments are lines of text without the `#` and the one space after it. They belong to the element they stand before,
 * or to the one they end the line of.
 */
export interface Interface {
  /** Reverse-domain name, as in `org.varlink.service`. */
  readonly name: string;
  readonly comments: readonly string[];
  readonly members: readonly Member[];
  /** Comments after the last member. */
  readonly trailingComments: readonly string[];
}

export type Member = TypeDefinition | MethodDefinition | ErrorDefinition;

export interface TypeDefinition {
  readonly kind: 'type';
  readonly name: string;
  readonly comments: readonly string[];
  readonly value: Struct | Enum;
}

export interface MethodDefinition {
  readonly kind: 'method';
  readonly name: string;
  readonly comments: readonly string[];
  readonly input: Struct;
  readonly output: Struct;
}

export interface ErrorDefinition {
  readonly kind: 'error';
  readonly name: string;
  readonly comments: readonly string[];
  readonly parameters: Struct;
}

export type Type = Builtin | Reference | Struct | Enum | List | Dictionary | Nullable;

export interface Builtin {
  readonly kind: 'bool' | 'int' | 'float' | 'string' | 'object' | 'any';
}

/** A type of the same interface, by its name. */
export interface Reference {
  readonly kind: 'reference';
  readonly name: string;
}

export interface Struct {
  readonly kind: 'struct';
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly comments: readonly string[];
  readonly type: Type;
}

export interface Enum {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

export interface EnumValue {
  readonly name: string;
  readonly comments: readonly string[];
}

/** `[]T` */
export interface List {
  readonly kind: 'list';
  readonly element: Type;
}

/** `[string]T` */
export interface Dictionary {
  readonly kind: 'dictionary';
  readonly element: Type;
}

/** `?T`: the value may be null, or absent from its struct. */
export interface Nullable {
  readonly kind: 'nullable';
  readonly element: Exclude<Type, Nullable>;
}

/** The words of the grammar that name a type by themselves; `any` is an addition of sd-varlink. */
export const builtinTypes: ReadonlySet<string> = new Set(['bool', 'int', 'float', 'string', 'object', 'any']);
