import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NetworkdLeases } from '../../../src/clients/network1/networkd-leases.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { bootTime } from '../../../src/linux/clock.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { StandIn } from '../stand-in.ts';

const unavailable = dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const SERVICE = 'org.freedesktop.network1';
const SERVER = 'org.freedesktop.network1.DHCPServer';
const TYPE = 'a(uayayayayt)';
const FOREVER = 0xffff_ffff_ffff_ffffn;

/** A lease as systemd 252 has it, of the address 10.0.0.LAST. */
const lease = (last: number, end = FOREVER) => [
  2,
  Uint8Array.of(1, 2, 0, 0, 0, 0, last),
  Uint8Array.of(10, 0, 0, last),
  new Uint8Array(4),
  Uint8Array.of(2, 0, 0, 0, 0, last, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  end,
];

// The real systemd-networkd 252 is asked in test/lab/old-networkd.test.ts.
describe.skipIf(unavailable !== undefined)('the client of systemd-networkd', () => {
  let daemon: DBusDaemon;
  let bus: Bus;
  let networkd: StandIn;
  let leases: NetworkdLeases;
  let changes: number;
  const problems: string[] = [];
  /** What the stand-in answers, by the end of the path. */
  const answers = new Map<string, readonly unknown[]>();
  const known = (index: number) => leases.leases(index).map(({ address }) => address.join('.'));

  const start = async () => {
    networkd = await StandIn.start(daemon.address, SERVICE);
    networkd.answers.set('Get', ({ path }) => {
      const value = answers.get(path.slice(path.lastIndexOf('/') + 1));
      if (value === undefined) throw new Error('no DHCP server');
      return { signature: 'v', body: [new Variant(TYPE, value as never)] };
    });
  };
  const tell = (from: Bus, link: string, value: readonly unknown[], type = TYPE) =>
    from.emit(
      `/org/freedesktop/network1/link/${link}`,
      'org.freedesktop.DBus.Properties',
      'PropertiesChanged',
      'sa{sv}as',
      [SERVER, new Map([['Leases', new Variant(type, value as never)]]), []],
    );

  beforeEach(async () => {
    daemon = await DBusDaemon.start();
    // As much as the daemon takes.
    bus = await connectBus(daemon.address, { maximumCall: 1024 * 1024 });
    answers.clear();
    changes = 0;
    leases = new NetworkdLeases({ onProblem: (error) => problems.push(`${error.message}: ${error.cause}`) });
    leases.onChanged(() => changes++);
    await start();
  });
  afterEach(async () => {
    bus.close();
    networkd.bus.close();
    await daemon.stop();
    expect(problems.splice(0)).toEqual([]);
  });

  it('knows nothing without a bus, and says when it first wants one', () => {
    let wanted = 0;
    const lonely = new NetworkdLeases({ onProblem: (error) => problems.push(error.message), onWanted: () => wanted++ });
    expect(wanted).toBe(0);
    for (const index of [2, 2, 3]) lonely.follow(index);
    expect(wanted).toBe(1);
    expect(lonely.leases(2)).toEqual([]);
  });

  it('asks when leases are wanted, once, and tells when they are there', async () => {
    answers.set('_32', [lease(7), lease(8)]);
    await leases.attach(bus);
    expect(networkd.asked).toEqual([]);
    leases.follow(2);
    leases.follow(2);
    expect(known(2)).toEqual([]);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.7', '10.0.0.8']));
    leases.follow(3);
    await vi.waitFor(() => expect(networkd.calls('Get')).toHaveLength(2));
    expect(networkd.calls('Get').map(({ body }) => body)).toEqual([
      [SERVER, 'Leases'],
      [SERVER, 'Leases'],
    ]);
    expect(changes).toBe(1);
    expect(leases.leases(2)[0]).toEqual({
      address: Uint8Array.of(10, 0, 0, 7),
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    });
  });

  it('asks for what was wanted before there was a bus', async () => {
    answers.set('_312', [lease(7)]);
    leases.follow(12);
    await leases.attach(bus);
    await vi.waitFor(() => expect(known(12)).toEqual(['10.0.0.7']));
  });

  it('turns ends since boot into times', async () => {
    answers.set('_32', [lease(7, BigInt(bootTime()) + 3_600_000_000n), lease(8, 1n)]);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(known(2)).toHaveLength(2));
    const [first, second] = leases.leases(2);
    expect(Math.abs((first?.expiresAt ?? 0) - Date.now() - 3_600_000)).toBeLessThan(5000);
    expect(second?.expiresAt).toBeLessThan(Date.now());
  });

  it('hears of each change, from nobody else, and of no interface that nobody wants', async () => {
    answers.set('_32', []);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(networkd.calls('Get')).toHaveLength(1));
    const stranger = await connectBus(daemon.address);
    tell(stranger, '_32', [lease(66)]);
    await stranger.ownerOf(SERVICE);
    stranger.close();
    tell(networkd.bus, '_35', [lease(5)]);
    tell(networkd.bus, '_32', [lease(9)]);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.9']));
    expect(changes).toBe(1);
    tell(networkd.bus, '_32', []);
    await vi.waitFor(() => expect(known(2)).toEqual([]));
    expect(changes).toBe(2);
    // Another one goes on.
    leases.follow(2);
    leases.unfollow(2);
    tell(networkd.bus, '_32', [lease(10)]);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.10']));
    expect(changes).toBe(3);
    leases.unfollow(2);
    expect(known(2)).toEqual([]);
    tell(networkd.bus, '_32', [lease(9)]);
    await networkd.bus.ownerOf(SERVICE);
    await bus.ownerOf(SERVICE);
    expect(changes).toBe(3);
  });

  it('believes what was told after an answer rather than the answer, when both come at once', async () => {
    await leases.attach(bus);
    networkd.answers.set('Get', () => {
      // Behind the reply, in the same write.
      queueMicrotask(() => tell(networkd.bus, '_32', [lease(9)]));
      return { signature: 'v', body: [new Variant(TYPE, [lease(7)] as never)] };
    });
    leases.follow(2);
    await vi.waitFor(() => expect(known(2)).not.toEqual([]));
    // Whatever came with it has been taken by then.
    await networkd.bus.ownerOf(SERVICE);
    await bus.ownerOf(SERVICE);
    expect(known(2)).toEqual(['10.0.0.9']);
  });

  it('hears of thousands of leases at once', async () => {
    answers.set('_32', []);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(networkd.calls('Get')).toHaveLength(1));
    tell(
      networkd.bus,
      '_32',
      Array.from({ length: 10_000 }, (_, index) => lease(index & 255)),
    );
    await vi.waitFor(() => expect(known(2)).toHaveLength(10_000), 5000);
  });

  it('leaves out what is no lease of an IPv4 address, and says what it cannot read', async () => {
    answers.set('_32', []);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(networkd.calls('Get')).toHaveLength(1));
    const [, ...rest] = lease(1);
    const short = lease(2);
    short[2] = Uint8Array.of(10, 0);
    const long = lease(3);
    long[4] = new Uint8Array(20);
    tell(networkd.bus, '_32', [[10, ...rest], short, long, lease(4)]);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.4']));
    tell(networkd.bus, '_32', ['nothing'], 'as');
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    expect(problems.splice(0)[0]).toMatch(/cannot be read: TypeError: Leases is of type as/);
    expect(known(2)).toEqual(['10.0.0.4']);
  });

  it('asks another networkd again, and keeps what was said while there is none', async () => {
    answers.set('_32', [lease(7)]);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.7']));
    networkd.bus.close();
    await vi.waitFor(async () => expect(await bus.ownerOf(SERVICE)).toBeUndefined());
    expect(known(2)).toEqual(['10.0.0.7']);
    leases.follow(3);
    answers.set('_32', [lease(8)]);
    answers.set('_33', [lease(9)]);
    await start();
    await vi.waitFor(() => expect([known(2), known(3)]).toEqual([['10.0.0.8'], ['10.0.0.9']]));
    networkd.bus.close();
    answers.delete('_32');
    await start();
    await vi.waitFor(() => expect(known(2)).toEqual([]));
  });

  it('asks once more over another connection', async () => {
    answers.set('_32', [lease(7)]);
    await leases.attach(bus);
    leases.follow(2);
    await vi.waitFor(() => expect(known(2)).toEqual(['10.0.0.7']));
    bus.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    leases.follow(4);
    answers.set('_32', [lease(8)]);
    answers.set('_34', [lease(4)]);
    bus = await connectBus(daemon.address);
    await leases.attach(bus);
    await vi.waitFor(() => expect([known(2), known(4)]).toEqual([['10.0.0.8'], ['10.0.0.4']]));
  });
});
