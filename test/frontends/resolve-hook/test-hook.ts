import { Filter } from '../../../src/frontends/resolve-hook/filter.ts';
import { resolveHook } from '../../../src/frontends/resolve-hook/handlers.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { HostNames } from '../../../src/resolver/host-names.ts';
import { type Implementation, PreparedReply } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';

/** Types of records. */
export const A = 1;
export const PTR = 12;
export const MX = 15;
export const AAAA = 28;

/** A reply of ResolveRecord. */
export interface Reply {
  readonly rcode?: number;
  readonly answer?: readonly { readonly rr: Record<string, unknown>; readonly raw: string }[];
}

/** The hook over a registry of its own; the host has 192.0.2.1. */
export class TestHook {
  readonly registry: Registry = new Registry();
  /** Names of machines that were looked at once more. */
  readonly refreshed: string[] = [];
  readonly #hostNames = new HostNames(this.registry, { hostAddresses: () => [sampleAddress('192.0.2.1 global 2')] });
  readonly implementation: Implementation = resolveHook({
    hostNames: this.#hostNames,
    filter: new Filter(this.#hostNames),
    metadata: { refresh: ({ name }) => this.refreshed.push(name) },
  });

  /** Adds a machine with addresses as `sampleAddress` takes them. */
  add(name: string, lines: readonly string[] = [], rest: Partial<Machine> = {}): void {
    const machine = sampleMachine(name, rest);
    this.registry.add({ ...machine, facts: { ...machine.facts, addresses: lines.map(sampleAddress) } });
  }

  /** Has a machine call itself something. */
  callItself(name: string, ownName: string | undefined): void {
    this.#hostNames.callItself(this.registry.get(name) as Machine, ownName);
  }

  /** Checks and answers parameters of ResolveRecord as the server does. */
  resolve(parameters: Record<string, unknown>): unknown {
    const method = this.implementation.methods.get('io.systemd.Resolve.Hook.ResolveRecord');
    const fault = method?.check(parameters);
    if (fault !== undefined) return { fault };
    const reply: unknown = method?.handler?.(parameters, undefined as never);
    return reply instanceof PreparedReply ? JSON.parse(reply.text) : reply;
  }

  close(): void {
    this.#hostNames.close();
  }
}
