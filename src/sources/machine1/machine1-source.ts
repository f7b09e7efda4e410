import type { BusAddress } from '../../dbus/connection/address.ts';
import type { Connect } from '../../dbus/connection/transport.ts';
import { currentTimestamp } from '../../linux/clock.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { MachineSource, SourceHealth } from '../../machine/machine-source.ts';
import type { MachineOperations } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import type { Leaders } from '../kernel/leaders.ts';
import { lookingOn } from './looking-on.ts';
import { MachinedLink } from './machined-link.ts';
import { Mirror } from './mirror.ts';
import { Problems } from './problems.ts';
import { hasStateFiles } from './state-files.ts';
import { believe, type ToldFields } from './told-machine.ts';

/** Where systemd-machined is, and what its machines are kept in. */
export interface Machine1SourceParts {
  readonly loop: EventLoop;
  /** For its machines; `.host` in it is left alone. */
  readonly registry: Registry;
  /** Its bus, which comes first; absent: there is none. */
  readonly bus?: { readonly addresses: readonly BusAddress[]; readonly connect: Connect };
  /** The path of its Varlink socket, which is used while there is no bus. */
  readonly socket: string;
  /** The directory of its state files. */
  readonly states: string;
  /** The user whose systemd-machined it is: 0 for the system's. */
  readonly uid: number;
  /** Hears of what went wrong without stopping anything: to be logged. */
  readonly onProblem: (error: Error) => void;
  /** Hears of every change of {@link Machine1Source.health}. */
  readonly onHealth?: (health: SourceHealth) => void;
  /** Milliseconds that an answer of systemd-machined may take; to be set by tests. */
  readonly patience?: number;
}

/**
 * The machines of a running systemd-machined (252 to 262), mirrored, so that it need not be asked while somebody waits
 * for an answer. It may come and go; meanwhile its machines are those that it had, less those that end.
 */
export class Machine1Source implements MachineSource {
  readonly name = 'machine1';
  readonly operations: MachineOperations = lookingOn;
  readonly #parts: Machine1SourceParts;
  readonly #mirror: Mirror;
  readonly #link: MachinedLink;
  readonly #problems: Problems;
  readonly #settled: () => void;
  #health: SourceHealth = { state: 'absent', reason: 'systemd-machined has not answered yet' };

  /**
   * Fulfilled when it has all machines, or it is known that systemd-machined cannot be asked at the moment, or after two
   * seconds without either.
   */
  static start(parts: Machine1SourceParts): Promise<Machine1Source> {
    return new Promise((resolve) => {
      const source = new Machine1Source(parts, () => {
        clearTimeout(timer);
        // It may be known before the source itself is.
        queueMicrotask(() => resolve(source));
      });
      const timer = setTimeout(() => resolve(source), START);
    });
  }

  private constructor(parts: Machine1SourceParts, settled: () => void) {
    this.#parts = parts;
    this.#settled = settled;
    this.#problems = new Problems(parts.onProblem);
    this.#mirror = new Mirror({
      ...parts,
      onEnded: (name) => this.#link.recheck(name),
      onProblem: (name, error) => (name === undefined ? parts.onProblem(error) : this.#problems.report(name, error)),
    });
    this.#link = new MachinedLink({
      ...parts,
      news: {
        listed: (names) => {
          this.#problems.keepOnly(names);
          this.#mirror.keepOnly(names);
          this.#mirror.vouch(true);
        },
        told: (name, fields) => this.#told(name, fields),
        gone: (name) => {
          this.#problems.forget(name);
          this.#mirror.drop(name);
        },
        current: () => this.#current(),
        lost: (reason) => this.#lost(reason),
        problem: (subject, error) => this.#problems.report(subject, error),
      },
      isEmpty: () => this.#mirror.names.size === 0 && !hasStateFiles(parts.states),
    });
  }

  get registry(): Registry {
    return this.#parts.registry;
  }

  get leaders(): Leaders {
    return this.#mirror.leaders;
  }

  get health(): SourceHealth {
    return this.#health;
  }

  close(): void {
    this.#link.close();
    this.#mirror.close();
  }

  #told(name: MachineName, fields: ToldFields): void {
    const { machine, problems } = believe(fields, name);
    if (machine === undefined) this.#mirror.drop(name);
    else this.#mirror.put(machine);
    if (problems.length === 0) return;
    this.#problems.report(name, new Error(`systemd-machined tells of machine ${name}: ${problems.join('; ')}`));
  }

  #current(): void {
    this.#mirror.vouch(true);
    this.#become({ state: 'live' });
  }

  #lost({ message: reason }: Error): void {
    this.#mirror.vouch(false);
    if (this.#health.state === 'absent') this.#become({ state: 'absent', reason });
    else {
      const since = this.#health.state === 'stale' ? this.#health.since : currentTimestamp();
      this.#become({ state: 'stale', since, reason });
    }
  }

  #become(health: SourceHealth): void {
    this.#settled();
    const reason = 'reason' in this.#health ? this.#health.reason : undefined;
    if (health.state === this.#health.state && (health.state === 'live' || health.reason === reason)) return;
    this.#health = health;
    this.#parts.onHealth?.(health);
  }
}

/** Milliseconds. */
const START = 2000;
