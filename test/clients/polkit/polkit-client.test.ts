import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PolkitClient } from '../../../src/clients/polkit/polkit-client.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import type { AnyVariant } from '../../../src/dbus/values.ts';
import { openPidfd, pidOfPidfd } from '../../../src/linux/pidfd.ts';
import type { Caller } from '../../../src/machine/operations.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { StandIn } from '../stand-in.ts';

const unavailable = dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const action = 'org.freedesktop.machine1.manage-machines';
const details = new Map([['verb', 'kill']]);
const never = () => new Promise<never>(() => {});
const result = (authorized: boolean, challenge: boolean) => ({
  signature: '(bba{ss})',
  body: [[authorized, challenge, new Map([['polkit.result', 'auth_admin']])]],
});

/** Of the subject, in the arguments of CheckAuthorization. */
function propertiesIn(body: readonly unknown[] = []): ReadonlyMap<string, AnyVariant> {
  return (body[0] as [string, ReadonlyMap<string, AnyVariant>])[1];
}

const caller = (more: Partial<Caller> = {}): Caller => ({
  uid: 4_000_000_000,
  gid: 1,
  pid: process.pid,
  interactive: false,
  openPidfd: () => openPidfd(process.pid),
  ...more,
});

// The real polkit is asked in test/daemon/polkit.test.ts and privileges.test.ts.
describe.skipIf(unavailable !== undefined)('the client of polkit', () => {
  let daemon: DBusDaemon;
  let bus: Bus;
  let polkit: StandIn;
  let problems: Error[];
  let client: PolkitClient;

  beforeEach(async () => {
    daemon = await DBusDaemon.start();
    bus = await connectBus(daemon.address);
    polkit = await StandIn.start(daemon.address, 'org.freedesktop.PolicyKit1');
    problems = [];
    client = new PolkitClient({
      bus: () => bus,
      onProblem: (error) => problems.push(error),
      patience: { machine: 200, user: 600 },
    });
  });
  afterEach(async () => {
    bus.close();
    polkit.bus.close();
    await daemon.stop();
  });

  it.each([
    [true, false, 'authorized'],
    [false, true, 'challenge'],
    [false, false, 'denied'],
  ])('takes authorized %j and challenge %j for %s', async (authorized, challenge, answer) => {
    polkit.answers.set('CheckAuthorization', () => result(authorized, challenge));
    expect(await client.check(action, caller(), details)).toBe(answer);
    expect(problems).toEqual([]);
  });

  it('names a caller on the bus by its name, any other by its process', async () => {
    const before = openDescriptors().size;
    let pidfd = -1;
    polkit.answers.set('CheckAuthorization', (call) => {
      const passed = propertiesIn(call.body).get('pidfd')?.value;
      if (typeof passed === 'number') pidfd = pidOfPidfd(passed);
      return result(true, false);
    });
    await client.check(action, caller({ busName: ':1.42' }), details);
    await client.check(action, caller({ interactive: true }), details);
    const [named, asProcess] = polkit.calls('CheckAuthorization').map(({ body }) => body);
    expect(named?.[0]).toEqual(['system-bus-name', new Map([['name', expect.objectContaining({ value: ':1.42' })]])]);
    expect(named?.slice(1)).toEqual([action, details, 0, '']);
    const properties = propertiesIn(asProcess);
    expect(asProcess?.[0]).toEqual(['unix-process', properties]);
    expect([...properties].map(([name, { signature }]) => `${name} ${signature}`)).toEqual([
      'pidfd h',
      'pid u',
      'start-time t',
      'uid i',
    ]);
    expect([properties.get('pid')?.value, properties.get('uid')?.value]).toEqual([process.pid, 4_000_000_000 | 0]);
    expect(pidfd).toBe(process.pid);
    expect(asProcess?.slice(1)).toEqual([action, details, 1, expect.stringMatching(/^mymachines-\d+$/)]);
    await vi.waitFor(() => expect(openDescriptors().size).toBe(before));
  });

  it('waits so long and no longer, and takes a prompt from the screen', async () => {
    polkit.answers.set('CheckAuthorization', never);
    polkit.answers.set('CancelCheckAuthorization', () => ({ signature: '', body: [] }));
    await expect(client.check(action, caller(), details)).rejects.toMatchObject({ code: 'timed-out' });
    expect(polkit.calls('CancelCheckAuthorization')).toEqual([]);
    await expect(client.check(action, caller({ interactive: true }), details)).rejects.toMatchObject({
      code: 'timed-out',
    });
    await vi.waitFor(() => expect(polkit.calls('CancelCheckAuthorization')).toHaveLength(1));
  });

  it('takes the question back when the caller leaves', async () => {
    const left = new AbortController();
    let answer: (error: Error) => void = () => {};
    polkit.answers.set('CheckAuthorization', () => new Promise((_resolve, reject) => (answer = reject)));
    polkit.answers.set('CancelCheckAuthorization', () => {
      answer(new DBusError('org.freedesktop.PolicyKit1.Error.Cancelled', 'cancelled'));
      return { signature: '', body: [] };
    });
    const checking = client.check(action, caller({ interactive: true, left: left.signal }), details);
    await vi.waitFor(() => expect(polkit.calls('CheckAuthorization')).toHaveLength(1));
    left.abort();
    expect(await checking).toBe('denied');
    expect(polkit.calls('CancelCheckAuthorization')[0]?.body).toEqual([polkit.calls('CheckAuthorization')[0]?.body[4]]);
    expect(problems).toEqual([]);
    expect(await client.check(action, caller({ left: left.signal }), details)).toBe('denied');
    expect(polkit.calls('CheckAuthorization')).toHaveLength(1);
  });

  it('denies what polkit cannot say, and says why where nobody wished for it', async () => {
    polkit.answers.set('CheckAuthorization', () => {
      throw new DBusError('org.freedesktop.PolicyKit1.Error.Failed', 'Action is not registered');
    });
    expect(await client.check(action, caller(), details)).toBe('denied');
    expect(problems.map(({ cause }) => (cause as Error).message)).toEqual(['Action is not registered']);
    polkit.bus.close();
    await vi.waitFor(async () => expect(await bus.ownerOf('org.freedesktop.PolicyKit1')).toBeUndefined());
    expect(await client.check(action, caller(), details)).toBe('denied');
    expect(problems).toHaveLength(1);
    const alone = new PolkitClient({ bus: () => undefined });
    expect(await alone.check(action, caller(), details)).toBe('denied');
  });

  it('does not ask about a caller that has ended', async () => {
    const gone = () => {
      throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
    };
    expect(await client.check(action, caller({ openPidfd: gone }), details)).toBe('denied');
    expect(polkit.asked).toEqual([]);
  });

  it('names a caller by its number where the kernel has no pidfd of a peer', async () => {
    polkit.answers.set('CheckAuthorization', () => result(true, false));
    const old = () => {
      throw Object.assign(new Error('ENOPROTOOPT'), { code: 'ENOPROTOOPT' });
    };
    expect(await client.check(action, caller({ openPidfd: old }), details)).toBe('authorized');
    expect(propertiesIn(polkit.asked[0]?.body).get('pid')?.value).toBe(process.pid);
  });

  it('refuses a seventeenth question of one user', async () => {
    polkit.answers.set('CheckAuthorization', never);
    const many = Array.from({ length: 16 }, () => client.check(action, caller(), details));
    await expect(client.check(action, caller(), details)).rejects.toMatchObject({ code: 'limits-exceeded' });
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(16).fill('rejected'));
    polkit.answers.set('CheckAuthorization', () => result(true, false));
    expect(await client.check(action, caller(), details)).toBe('authorized');
  });

  it('leaves room on the bus for other calls, however many users ask', async () => {
    polkit.answers.set('CheckAuthorization', never);
    const uids = Array.from({ length: 128 }, (_, index) => 1000 + (index % 8));
    const outcomes = await Promise.allSettled(uids.map((uid) => client.check(action, caller({ uid }), details)));
    // A bus has a limit of 128 for all that one connection waits for.
    expect(polkit.calls('CheckAuthorization')).toHaveLength(96);
    const codes = outcomes.map((outcome) => 'reason' in outcome && outcome.reason.code);
    expect(codes.filter((code) => code === 'limits-exceeded')).toHaveLength(128 - 96);
    expect(codes.filter((code) => code === 'timed-out')).toHaveLength(96);
    expect(problems).toEqual([]);
  });

  it.each([
    ['s', 'yes'],
    ['(uua{ss})', [1, 1, new Map()]],
    ['as', ['true']],
  ])('takes no other answer for a yes: %s', async (signature, value) => {
    polkit.answers.set('CheckAuthorization', () => ({ signature, body: [value] }));
    expect(await client.check(action, caller(), details)).toBe('denied');
  });
});
