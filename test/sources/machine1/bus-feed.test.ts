import { beforeEach, describe, expect, it } from 'vitest';
import type { CallRequest } from '../../../src/dbus/connection/bus-options.ts';
import type { MatchRule, SignalListener } from '../../../src/dbus/connection/match.ts';
import { BusFeed } from '../../../src/sources/machine1/bus-feed.ts';

const name = 'org.freedesktop.machine1';

/** A bus of which one decides what comes first. What comes over a real one is in machine1-*.test.ts. */
class OrderedBus {
  readonly rules: MatchRule[] = [];
  readonly calls: CallRequest[] = [];
  readonly listeners: SignalListener[] = [];
  tellOwner: (owner: string | undefined) => void = () => {};
  askedAfter = 0;

  async match(rule: MatchRule, listener: SignalListener): Promise<() => void> {
    this.rules.push(rule);
    this.listeners.push(listener);
    return () => {};
  }

  ownerOf(): Promise<string | undefined> {
    this.askedAfter = this.rules.length;
    return new Promise((resolve) => {
      this.tellOwner = resolve;
    });
  }

  call(request: CallRequest): Promise<readonly unknown[]> {
    this.calls.push(request);
    return new Promise(() => {});
  }

  ownerChanged(from: string, to: string): void {
    const [listener] = this.listeners;
    const header = { sender: 'org.freedesktop.DBus', path: '/', interface: 'org.freedesktop.DBus' };
    listener?.({ ...header, member: 'NameOwnerChanged', signature: 'sss', body: [name, from, to] });
  }
}

describe('BusFeed', () => {
  let bus: OrderedBus;
  let lost: string[];
  let feed: BusFeed;
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    bus = new OrderedBus();
    lost = [];
    const silent = () => {};
    feed = new BusFeed({
      bus,
      isEmpty: () => false,
      news: {
        listed: silent,
        told: silent,
        gone: silent,
        current: silent,
        problem: silent,
        lost: ({ message }) => lost.push(message),
      },
    });
    void feed.start();
    await settle();
  });

  it('listens before it asks anything', () => {
    expect(bus.askedAfter).toBe(3);
    expect(bus.rules.map(({ sender, member }) => `${sender} ${member}`)).toEqual([
      'org.freedesktop.DBus NameOwnerChanged',
      `${name} MachineNew`,
      `${name} MachineRemoved`,
    ]);
    expect(bus.calls).toEqual([]);
  });

  it('asks the connection that has the name, and never the name, for which somebody might be started', async () => {
    bus.tellOwner(':1.5');
    await settle();
    bus.ownerChanged(':1.5', '');
    bus.ownerChanged('', ':1.9');
    await settle();
    expect(bus.calls.map(({ destination, member }) => `${destination} ${member}`)).toEqual([
      ':1.5 ListMachines',
      ':1.9 ListMachines',
    ]);
  });

  it('does not take an older answer for who has the name now', async () => {
    // Both come in the same breath, and the promise of the answer is fulfilled after the signal was heard.
    bus.tellOwner(':1.5');
    bus.ownerChanged(':1.5', '');
    await settle();
    expect(bus.calls).toEqual([]);
    expect(lost).toEqual([`nobody has the name ${name} on the bus: systemd-machined is not running`]);
  });

  it('asks nobody any more when it is closed', async () => {
    feed.close();
    bus.tellOwner(':1.5');
    await settle();
    bus.ownerChanged('', ':1.9');
    await settle();
    expect(bus.calls).toEqual([]);
    expect(lost).toEqual([]);
  });
});
