import { type MethodCall, PreparedBody, type Reply } from '../call.ts';
import { DBusError, ERROR_INVALID_ARGS } from '../errors.ts';
import type { Answer, Arguments, Implementation, InterfaceDescription, WritableProperty } from './interface.ts';
import { introspectInterface } from './introspection.ts';

/** An interface and what answers it, ready for an object tree. */
export interface ImplementedInterface<Target = undefined> {
  readonly description: InterfaceDescription;
  /** Its part of an introspection document. */
  readonly introspection: string;
  readonly methods: ReadonlyMap<string, ImplementedMethod<Target>>;
  readonly properties: ReadonlyMap<string, ImplementedProperty<Target>>;
}

export interface ImplementedMethod<Target> {
  readonly privileged: boolean;
  /** Checks a call's signature and answers it. */
  call(call: MethodCall, target: Target): Answer<Reply>;
}

export interface ImplementedProperty<Target> {
  readonly type: string;
  get(target: Target, call: MethodCall): Answer<unknown>;
  /** Absent when the property cannot be written. The value must be of the property's type. */
  readonly set: ((value: unknown, call: MethodCall, target: Target) => Answer<void>) | undefined;
  readonly privileged: boolean;
}

/** Joins an interface's description and what answers it. */
export function implement<const Description extends InterfaceDescription, Target = undefined>(
  description: Description,
  implementation: Implementation<Description, Target>,
): ImplementedInterface<Target> {
  const handlers = implementation.methods as Readonly<Record<string, Handler<Target>>>;
  const accessors = implementation.properties as Readonly<Record<string, Accessors<Target>>>;
  const methods = Object.entries(description.methods).map(([name, { in: input, out, privileged = false }]) => {
    const handler = handlers[name] as Handler<Target>;
    return [name, { privileged, call: caller(`${description.name}.${name}`, input, out, handler) }] as const;
  });
  const properties = Object.entries(description.properties).map(([name, { type, privileged = false }]) => {
    const accessor = accessors[name] as Accessors<Target>;
    const { get, set } = typeof accessor === 'function' ? { get: accessor, set: undefined } : accessor;
    return [name, { type, privileged, get, set }] as const;
  });
  return {
    description,
    introspection: introspectInterface(description),
    methods: new Map(methods),
    properties: new Map(properties),
  };
}

type Values = Readonly<Record<string, unknown>>;
type Handler<Target> = (input: Values, call: MethodCall, target: Target) => Answer<Values | PreparedBody>;
type Accessors<Target> = ((target: Target, call: MethodCall) => Answer<unknown>) | WritableProperty<unknown, Target>;

function caller<Target>(
  method: string,
  input: Arguments,
  output: Arguments,
  handler: Handler<Target>,
): (call: MethodCall, target: Target) => Answer<Reply> {
  const signature = Object.values(input).join('');
  const names = Object.keys(input);
  const results = Object.keys(output);
  const resultSignature = Object.values(output).join('');
  const reply = (values: Values | PreparedBody): Reply => {
    if (values instanceof PreparedBody) {
      if (values.signature === resultSignature) return values;
      throw new Error(`${method} gave a prepared body '${values.signature}', not '${resultSignature}'`);
    }
    return { signature: resultSignature, body: results.map((name) => values[name]) };
  };
  return (call, target) => {
    if (call.signature !== signature) {
      const text = `Invalid arguments '${call.signature}' to call ${method}(), expecting '${signature}'.`;
      throw new DBusError(ERROR_INVALID_ARGS, text);
    }
    const values: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index += 1) values[names[index] as string] = call.body[index];
    const given = handler(values, call, target);
    return given instanceof Promise ? given.then(reply) : reply(given);
  };
}
