import type { AccountIds, KnownAccounts } from '../../../machine/accounts.ts';
import { isSameRegistration, type Machine } from '../../../machine/machine.ts';
import type { Registry, RegistryEvent } from '../../../machine/registry.ts';
import type { MachineRoots } from './machine-roots.ts';

/** Milliseconds between the beginnings of two rounds. */
const INTERVAL = 5000;
/** An answer that takes longer, in milliseconds, or does not come, puts a container among the slow ones. */
const SLOW = 200;
/** How many are asked at one time: others wait for the same processes to look into roots. */
const QUICK_AT_A_TIME = 2;
const SLOW_AT_A_TIME = 1;

/**
 * What the /etc/passwd and /etc/group of containers say, read ahead: when a container is registered, and again when
 * somebody asks for all users. A container that does not answer keeps what it said before, and those that were slow
 * wait for each other only, so that none delays the rest.
 */
export class ContainerAccounts implements KnownAccounts {
  readonly #roots: Pick<MachineRoots, 'accounts'>;
  readonly #onProblem: (machine: Machine, error: unknown) => void;
  readonly #unsubscribe: () => void;
  readonly #known = new Map<string, Entry>();
  readonly #lanes = { quick: new Lane(QUICK_AT_A_TIME), slow: new Lane(SLOW_AT_A_TIME) };
  #refreshedAt = Number.NEGATIVE_INFINITY;

  /** @param onProblem hears of files that could not be read */
  constructor(
    registry: Registry,
    roots: Pick<MachineRoots, 'accounts'>,
    onProblem: (machine: Machine, error: unknown) => void,
  ) {
    this.#roots = roots;
    this.#onProblem = onProblem;
    for (const machine of registry) this.#follow({ kind: 'added', machine });
    this.#unsubscribe = registry.subscribe((event) => this.#follow(event));
  }

  of(machine: Machine): AccountIds {
    const entry = this.#known.get(machine.name);
    return entry !== undefined && isSameRegistration(entry.machine, machine) ? entry.ids : nobody;
  }

  refresh(): void {
    const now = performance.now();
    if (now - this.#refreshedAt < INTERVAL) return;
    this.#refreshedAt = now;
    for (const entry of this.#known.values()) this.#request(entry);
  }

  /** Follows the registry no longer, and asks nobody any more. */
  close(): void {
    this.#unsubscribe();
    this.#known.clear();
    for (const lane of [this.#lanes.quick, this.#lanes.slow]) lane.waiting.clear();
  }

  #follow({ kind, machine }: RegistryEvent): void {
    if (machine.class !== 'container') return;
    const entry = this.#known.get(machine.name);
    if (kind === 'removed') {
      this.#known.delete(machine.name);
      if (entry !== undefined) this.#lanes[entry.lane].waiting.delete(entry);
    } else if (kind === 'changed' && entry !== undefined) {
      entry.machine = machine;
    } else {
      const added: Entry = { machine, ids: nobody, lane: 'quick' };
      this.#known.set(machine.name, added);
      this.#request(added);
    }
  }

  #request(entry: Entry): void {
    // Its ids are the host's own, which it does not name here.
    if (entry.machine.facts.sharesHostUsers) return;
    this.#lanes[entry.lane].waiting.add(entry);
    this.#proceed(this.#lanes[entry.lane]);
  }

  #proceed(lane: Lane): void {
    for (const entry of lane.waiting) {
      if (lane.asked >= lane.width) return;
      lane.waiting.delete(entry);
      lane.asked++;
      void this.#read(entry).finally(() => {
        lane.asked--;
        this.#proceed(lane);
      });
    }
  }

  async #read(entry: Entry): Promise<void> {
    const start = performance.now();
    const { machine } = entry;
    let failed = false;
    try {
      const { users, groups } = await this.#roots.accounts(machine);
      if (isSameRegistration(entry.machine, machine)) {
        entry.ids = { users: Uint32Array.from(users), groups: Uint32Array.from(groups) };
      }
    } catch (error) {
      failed = true;
      this.#onProblem(machine, error);
    }
    entry.lane = failed || performance.now() - start > SLOW ? 'slow' : 'quick';
  }
}

interface Entry {
  machine: Machine;
  ids: AccountIds;
  /** Where it waits the next time. */
  lane: 'quick' | 'slow';
}

/** Those that wait to be asked, and how many are asked now. */
class Lane {
  readonly waiting = new Set<Entry>();
  asked = 0;
  readonly width: number;

  constructor(width: number) {
    this.width = width;
  }
}

const nobody: AccountIds = { users: [], groups: [] };
