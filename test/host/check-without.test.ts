import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { CheckedLab, mymachines, standIn } from './checked-lab.ts';
import { toldInTheLab } from './told-in-the-lab.ts';

const unavailable = (await labUnavailable()) ?? (await labUnavailable('bookworm'));
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const MACHINE = '/run/systemd/machine/io.systemd.Machine';
const MACHINED = 'systemd-machined.service systemd-machined.socket';

describe.skipIf(unavailable !== undefined)('mymachines check without mymachines', { timeout: 60_000 }, () => {
  let host: CheckedLab;

  beforeAll(async () => {
    host = await CheckedLab.up();
    await host.shell('systemctl start systemd-machined; systemctl restart systemd-resolved');
  }, 60_000);
  afterAll(() => host?.down());

  it('tells that systemd-machined runs by itself', async () => {
    expect(await host.reasons()).toEqual([
      'warn registry_machined_only',
      'ok bus_machined',
      'ok nsswitch_asked',
      'ok nsswitch_asked',
      'ok nsswitch_asked',
      'ok module_found',
      'ok module_found',
      'ok resolved_untried',
      'ok dns_untried',
    ]);
    expect((await host.line('registry_machined_only'))?.what).toMatch(/^systemd-machined 26\d is the registry, /);
    expect((await host.line('bus_machined'))?.what).toMatch(/^systemd-machined \(PID \d+\) has org\.freedesktop\.mach/);
  });

  it('finds the very modules that the C library loads', async () => {
    const found = (await host.check()).filter(({ reason }) => reason === 'module_found');
    expect(found).toHaveLength(2);
    for (const { what } of found) {
      const [, module, path] = /^libnss_(\w+) is (.*)$/.exec(what) ?? [];
      const database = module === 'systemd' ? 'passwd' : 'hosts';
      const loaded = await host.shell(
        `LD_DEBUG=files getent -s ${module} ${database} x 2>&1 |
          sed -n 's/.*calling init: \\(.*libnss_${module}.*\\)/\\1/p' | xargs realpath`,
      );
      expect(await host.shell(`realpath ${path}`)).toBe(loaded);
    }
  });

  it('tells that systemd-machined sleeps, and does not wake it', async () => {
    const before = `systemctl stop ${MACHINED}; rm -f ${MACHINE}`;
    await host.during(before, `systemctl start ${MACHINED}`, async () => {
      expect((await host.line('bus_asleep'))?.what).toMatch(/who asks for it has systemd-machined started$/);
      expect((await host.line('registry_machined_only'))?.what).toMatch(
        /^systemd-machined \(asleep until it is asked for\) is the/,
      );
      expect(await host.shell('systemctl is-active systemd-machined || true')).toBe('inactive\n');
    });
  });

  it('tells that a service does not answer for users, which getent waits for', async () => {
    const path = '/run/systemd/userdb/zz';
    await host.during(...standIn('silent', path), async () => {
      const line = (await host.check()).find(({ reason }) => reason === 'userdb_stuck');
      expect(line?.what).toMatch(
        /^\S+zz: python3 \(PID \d+\) does not answer .*, and is waited for with each user and/,
      );
      expect(await host.shell('timeout 3 getent passwd no-such-user || echo $?')).toBe('124\n');
    });
    expect(await host.shell('timeout 3 getent passwd no-such-user || echo $?')).toBe('2\n');
  });

  it('tells that nobody is there', async () => {
    await host.shell(`systemctl mask --now ${MACHINED}; rm -f ${MACHINE} /run/systemd/resolve.hook/*`);
    expect(await host.wrong()).toEqual(['registry_absent', 'bus_free']);
  });

  it.each([
    ['gone', '', 'registry_trouble', /Machine: nobody listens there any more$/],
    ['silent', '', 'registry_trouble', /Machine: python3 \(PID \d+\) does not answer \(no answer in 5 seconds\)$/],
    ['varlink', '', 'registry_other', /Machine: something else 1 answers there$/],
    ['varlink', 'mymachines', 'registry_unread', /^mymachines 1 answers at \S+, and does not tell of its machines$/],
  ] as const)('tells that a socket is of somebody who is %s %s', async (mode, product, reason, what) => {
    await host.during(...standIn(mode, MACHINE, product), async () => {
      const lines = await host.check();
      expect(lines.filter(({ of }) => of === 'registry')).toEqual([
        expect.objectContaining({ level: 'fail', reason, what: expect.stringMatching(what) }),
      ]);
    });
  });

  it('tells that one is apart, and that its descriptors are nearly all in use', async () => {
    const start = `
${mymachines} serve --runtime-dir=/run/apart </dev/null >/dev/null 2>&1 & echo $! >/run/apart-pid
until ${mymachines} list --runtime-dir=/run/apart >/dev/null 2>&1; do sleep .05; done`;
    const rest = ['ok names_sound', 'ok ids_sound', 'ok addresses_sound'];
    const first = ['ok registry_apart', 'ok sockets_answer', 'ok source_live'];
    await host.during(start, 'kill $(cat /run/apart-pid)', async () => {
      expect(await host.reasons('--runtime-dir=/run/apart')).toEqual([...first, 'ok limits_far', ...rest]);
      await host.shell(
        `p=$(cat /run/apart-pid); n=$(($(ls /proc/$p/fd | wc -l) + 6)); prlimit --pid=$p --nofile=$n:$n`,
      );
      expect(await host.reasons('--runtime-dir=/run/apart')).toEqual([...first, 'warn descriptors_near', ...rest]);
    });
  });

  it('has told of all of that', () => host.expectSeen(toldInTheLab.without));
});

it.skipIf(unavailable !== undefined)('tells of a systemd-resolved that has no hooks', { timeout: 60_000 }, async () => {
  const old = await CheckedLab.up('bookworm');
  try {
    await old.shell('systemctl start systemd-resolved');
    expect((await old.line('resolved_old'))?.what).toBe('systemd-resolved asks no hooks, which came with 259');
    old.expectSeen(toldInTheLab.old);
  } finally {
    await old.down();
  }
});
