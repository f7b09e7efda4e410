import { ProtocolError } from './errors.ts';
import { type Check, compileCheck } from './idl/check.ts';
import { parseInterface } from './idl/parse.ts';
import type { CallOptions } from './pending.ts';

/** @private What an interface's client needs of the connection's. */
interface Caller {
  call(method: string, parameters: object, options?: CallOptions): Promise<Record<string, unknown>>;
  stream(
    method: string,
    parameters: object,
    options?: CallOptions,
  ): AsyncGenerator<Record<string, unknown>, void, void>;
  oneway(method: string, parameters: object): void;
}

/** The parameters that a method takes. */
export type Parameters<Method> = Method extends { parameters: infer Taken extends object } ? Taken : object;

/** The parameters of a method's reply. */
export type Reply<Method> = Method extends { reply: infer Given } ? Given : Record<string, unknown>;

type Arguments<Method> =
  Record<never, never> extends Parameters<Method>
    ? [parameters?: Parameters<Method>, options?: CallOptions]
    : [parameters: Parameters<Method>, options?: CallOptions];

/**
 * The methods of one interface over a client's connection, by their short names. Replies are checked against the
 * definition, where fields that it does not know are let through; a bad one rejects the call with a `ProtocolError`.
 */
export class InterfaceClient<Methods> {
  readonly #client: Caller;
  readonly #name: string;
  readonly #checks = new Map<string, Check>();

  constructor(client: Caller, description: string) {
    const definition = parseInterface(description);
    this.#client = client;
    this.#name = definition.name;
    for (const member of definition.members) {
      if (member.kind !== 'method') continue;
      this.#checks.set(member.name, compileCheck(definition, member.output, { unknownFields: 'allow' }));
    }
  }

  /** See `VarlinkClient.call`. */
  async call<Name extends keyof Methods & string>(
    name: Name,
    ...[parameters, options]: Arguments<Methods[Name]>
  ): Promise<Reply<Methods[Name]>> {
    const method = this.#method(name);
    return this.#checked(name, await this.#client.call(method, parameters ?? {}, options));
  }

  /** See `VarlinkClient.stream`. */
  async *stream<Name extends keyof Methods & string>(
    name: Name,
    ...[parameters, options]: Arguments<Methods[Name]>
  ): AsyncGenerator<Reply<Methods[Name]>, void, void> {
    const method = this.#method(name);
    for await (const reply of this.#client.stream(method, parameters ?? {}, options)) yield this.#checked(name, reply);
  }

  /** See `VarlinkClient.oneway`. */
  oneway<Name extends keyof Methods & string>(name: Name, ...[parameters]: Arguments<Methods[Name]>): void {
    this.#client.oneway(this.#method(name), parameters ?? {});
  }

  #method(name: string): string {
    if (!this.#checks.has(name)) throw new Error(`${this.#name} has no method ${name}`);
    return `${this.#name}.${name}`;
  }

  #checked<Name extends keyof Methods & string>(name: Name, reply: unknown): Reply<Methods[Name]> {
    const fault = this.#checks.get(name)?.(reply);
    if (fault !== undefined) throw new ProtocolError(`the reply of ${this.#name}.${name} has a bad ${fault}`);
    return reply as Reply<Methods[Name]>;
  }
}
