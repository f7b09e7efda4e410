import type { MethodCall, Reply } from '../../src/dbus/call.ts';
import type { Bus } from '../../src/dbus/connection/bus.ts';
import { DBusError } from '../../src/dbus/errors.ts';
import { connectBus } from '../support/bus.ts';

/** A service on a real bus that says what the test wants, for what the real one says too seldom. */
export class StandIn {
  readonly bus: Bus;
  /** What it was asked, in order. */
  readonly asked: MethodCall[] = [];
  /** By method; one without an answer gets the error UnknownMethod. */
  readonly answers: Map<string, (call: MethodCall) => Reply | Promise<Reply>> = new Map();

  private constructor(bus: Bus) {
    this.bus = bus;
    bus.serve((call) => {
      this.asked.push(call);
      const answer = this.answers.get(call.member);
      if (answer === undefined) throw new DBusError('org.freedesktop.DBus.Error.UnknownMethod', call.member);
      return answer(call);
    });
  }

  /** Takes a name on the bus at an address. */
  static async start(address: string, name: string): Promise<StandIn> {
    const bus = await connectBus(address);
    if ((await bus.requestName(name)) !== 'owner') throw new Error(`${name} is taken`);
    return new StandIn(bus);
  }

  /** The calls of one method. */
  calls(member: string): MethodCall[] {
    return this.asked.filter((call) => call.member === member);
  }
}
