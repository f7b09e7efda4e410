import type { Call } from './call.ts';
import type { ErrorsOf, MethodsOf } from './description.ts';
import { VarlinkError } from './errors.ts';
import { type Check, compileCheck } from './idl/check.ts';
import { formatInterface } from './idl/format.ts';
import { interfaceName } from './idl/interface-name.ts';
import { parseInterface } from './idl/parse.ts';
import type { ReplySource } from './reply-source.ts';
import type { Continuing, Result } from './result.ts';
import type { Shortcut } from './shortcut.ts';

/**
 * What a handler gives back: the reply, an error, or a generator or {@link ReplySource} of several replies, where each
 * but the last is sent with `continues`; or a promise of any of these. A method without reply parameters may give
 * nothing.
 */
export type Outcome<Reply> =
  | Result<Reply>
  | Several<Reply>
  // Both, so that an async handler that gives nothing but errors, or nothing at all, need not say what it is.
  | Promise<Result<Reply>>
  | Promise<Result<Reply> | Several<Reply>>;

type Several<Reply> =
  | Generator<Continuing<Reply>, Result<Reply>, void>
  | AsyncGenerator<Continuing<Reply>, Result<Reply>, void>
  | ReplySource<Reply>;

/** Answers a method. The parameters have been checked against the definition. */
export type Handler<Parameters, Reply> = (parameters: Parameters, call: Call) => Outcome<Reply>;

/** A handler for each method of an interface. */
export type Handlers<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends { parameters: infer Parameters; reply: infer Reply }
    ? Handler<Parameters, Reply>
    : never;
};

/** An interface and what answers it, ready for a server. */
export interface Implementation {
  /** The interface's name. */
  readonly name: string;
  /** The definition in canonical layout. */
  readonly description: string;
  /** By the method's full name. */
  readonly methods: ReadonlyMap<string, ImplementedMethod>;
  readonly shortcut?: Shortcut | undefined;
}

export interface ImplementedMethod {
  readonly check: Check;
  // biome-ignore lint/suspicious/noExplicitAny: the check makes the parameters what the handler takes
  readonly handler: Handler<any, any> | undefined;
}

/**
 * Joins an interface's definition and its handlers. With a generated `description` the handlers are typed by it: a
 * missing one, or a wrong reply, does not compile. With a plain string nothing is known of them, and a method without
 * one answers MethodNotImplemented.
 *
 * Throws `IdlError` for a definition that cannot be parsed, and an Error for a handler without a method.
 * @param shortcut asked before the handlers
 */
export function implement<Text extends string>(
  description: Text,
  handlers: Handlers<MethodsOf<Text>>,
  shortcut?: Shortcut,
): Implementation {
  const definition = parseInterface(description);
  const byName = new Map<string, ImplementedMethod['handler']>(Object.entries(handlers));
  const methods = new Map<string, ImplementedMethod>();
  for (const member of definition.members) {
    if (member.kind !== 'method') continue;
    const check = compileCheck(definition, member.input, { unknownFields: 'refuse' });
    methods.set(`${definition.name}.${member.name}`, { check, handler: byName.get(member.name) });
    byName.delete(member.name);
  }
  for (const name of byName.keys()) throw new Error(`${definition.name} has no method ${name}`);
  return { name: definition.name, description: formatInterface(definition), methods, shortcut };
}

/**
 * Like {@link implement}, except that all of the definition but its name is read when the first call comes, or when
 * somebody asks for it. It is for a generated `description`, which is known to be right, in a program that is to start
 * quickly.
 */
export function implementLater<Text extends string>(
  description: Text,
  handlers: Handlers<MethodsOf<Text>>,
  shortcut?: Shortcut,
): Implementation {
  let read: Implementation | undefined;
  const whole = (): Implementation => {
    read ??= implement(description, handlers);
    return read;
  };
  return {
    name: interfaceName(description),
    get description() {
      return whole().description;
    },
    get methods() {
      return whole().methods;
    },
    shortcut,
  };
}

/**
 * Makes the errors of an interface, typed by its generated `description`:
 *
 *     const fail = errorsOf(description);
 *     throw fail('NoSuchMachine');
 */
export function errorsOf<Text extends string>(description: Text): ErrorFactory<ErrorsOf<Text>> {
  const prefix = interfaceName(description);
  return (name, ...[parameters]) => new VarlinkError(`${prefix}.${name}`, parameters);
}

/** Makes an error of an interface; its parameters may be left out where it has none. */
export type ErrorFactory<Errors> = <Name extends keyof Errors & string>(
  name: Name,
  ...parameters: Record<never, never> extends Errors[Name] ? [parameters?: Errors[Name]] : [parameters: Errors[Name]]
) => VarlinkError;
