import type { Reply } from '../../../src/dbus/call.ts';
import { DBusError, ERROR_UNKNOWN_OBJECT } from '../../../src/dbus/errors.ts';
import { escapePathElement } from '../../../src/dbus/objects/path.ts';
import { type AnyVariant, Variant } from '../../../src/dbus/values.ts';
import { currentTimestamp } from '../../../src/linux/clock.ts';
import { StandIn } from '../../clients/stand-in.ts';

const manager = '/org/freedesktop/machine1';
const pathOf = (name: string): string => `${manager}/machine/${escapePathElement(name)}`;

/** Properties of a machine as systemd-machined 252 has them, the fewest that there are. */
export type Properties = Map<string, AnyVariant>;

/**
 * Has systemd-machined's name on a bus, for what the real one does too seldom or never: what it says is sent in one
 * piece, so that answers and signals arrive in the same breath.
 */
export class StandInMachined {
  readonly service: StandIn;
  readonly machines: Map<string, Properties> = new Map();
  /** What GetAll says instead, by machine. */
  readonly instead: Map<string, () => Reply | Promise<Reply>> = new Map();
  /** What is done when it has been asked something, before the answer is sent. */
  before: (member: string, path: string) => Promise<void> | undefined = () => undefined;
  /** What is done directly after an answer. */
  after: (member: string, path: string) => void = () => {};

  static async start(address: string): Promise<StandInMachined> {
    return new StandInMachined(await StandIn.start(address, 'org.freedesktop.machine1'));
  }

  private constructor(service: StandIn) {
    this.service = service;
    this.#answer('ListMachines', () => {
      const rows = [...this.machines.keys()].map((name) => [name, 'container', 'test', pathOf(name)]);
      return { signature: 'a(ssso)', body: [[['.host', 'host', '', pathOf('.host')], ...rows]] };
    });
    this.#answer('GetAll', (path) => {
      const name = [...this.machines.keys()].find((known) => pathOf(known) === path);
      if (name === undefined) throw new DBusError(ERROR_UNKNOWN_OBJECT, `Unknown object '${path}'.`);
      const instead = this.instead.get(name);
      return instead === undefined ? { signature: 'a{sv}', body: [this.machines.get(name)] } : instead();
    });
  }

  /** Adds a machine and tells of it. */
  add(name: string, leader: number, more: readonly (readonly [string, AnyVariant])[] = []): void {
    const { realtime, monotonic } = currentTimestamp();
    this.machines.set(
      name,
      new Map<string, AnyVariant>([
        ['Name', new Variant('s', name)],
        ['Class', new Variant('s', 'container')],
        ['Leader', new Variant('u', leader)],
        ['Timestamp', new Variant('t', BigInt(realtime))],
        ['TimestampMonotonic', new Variant('t', BigInt(monotonic))],
        ...more,
      ]),
    );
    this.tell('MachineNew', name);
  }

  remove(name: string): void {
    this.machines.delete(name);
    this.tell('MachineRemoved', name);
  }

  tell(member: 'MachineNew' | 'MachineRemoved', name: string): void {
    this.service.bus.emit(manager, 'org.freedesktop.machine1.Manager', member, 'so', [name, pathOf(name)]);
  }

  /** Leaves the bus, as one that is stopped or killed. */
  leave(): void {
    this.service.bus.close();
  }

  #answer(member: string, answer: (path: string) => Reply | Promise<Reply>): void {
    this.service.answers.set(member, ({ path }) => {
      const now = (): Reply | Promise<Reply> => {
        // Before what is written is sent, so that what is done then goes with the answer.
        process.nextTick(() => this.after(member, path));
        return answer(path);
      };
      const held = this.before(member, path);
      return held === undefined ? now() : held.then(now);
    });
  }
}
