import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { CheckedLab, mymachines, standIn } from './checked-lab.ts';
import { type Kind, toldInTheLab } from './told-in-the-lab.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const USERDB = '/run/systemd/userdb/io.systemd.Machine';
const HOOKS = '/run/systemd/resolve.hook';
const HOOK = `${HOOKS}/io.systemd.Machine`;
const MACHINED = 'systemd-machined.service systemd-machined.socket';
const well = [
  'ok registry_instead',
  'ok sockets_answer',
  'ok bus_own',
  'ok source_live',
  'ok limits_far',
  'ok names_sound',
  'ok ids_sound',
  'ok addresses_sound',
  'ok nsswitch_asked',
  'ok nsswitch_asked',
  'ok nsswitch_asked',
  'ok module_found',
  'ok module_found',
];

describe.skipIf(unavailable !== undefined)(
  'mymachines check in the place of systemd-machined',
  { timeout: 60_000 },
  () => {
    let host: CheckedLab;

    beforeAll(async () => {
      host = await CheckedLab.up();
      await host.shell(`systemctl mask --now ${MACHINED}
${mymachines} install >/dev/null
systemctl daemon-reload
systemctl start mymachines.socket mymachines.service systemd-resolved`);
    }, 60_000);
    afterAll(() => host?.down());

    it('tells that all is well, without machines and with one', async () => {
      expect(await host.reasons()).toEqual([...well, 'ok resolved_untried', 'ok dns_untried']);
      await host.shell(`
systemd-run -q -u box unshare --net sleep infinity
until p=$(systemctl show -P MainPID box); [ "$(cat /proc/$p/comm)" = sleep ]; do sleep .02; done
ip link add v0 type veth peer name host0 netns $p
ip address add 10.88.0.1/24 dev v0
ip link set v0 up
nsenter -t $p -n ip link set host0 up
nsenter -t $p -n ip address add 10.88.0.2/24 dev host0
${mymachines} register web --leader=$p`);
      expect(await host.reasons()).toEqual([...well, 'ok resolved_sees', 'ok dns_answers']);
      expect((await host.line('resolved_sees'))?.what).toMatch(/^systemd-resolved 26\d finds web at 10\.88\.0\.2$/);
      expect((await host.line('dns_answers'))?.what).toMatch(/ find web by 127\.0\.0\.53$/);
    });

    it('tells that systemd-machined could take its place, and how it cannot', async () => {
      await host.during(`systemctl unmask ${MACHINED}`, `systemctl mask ${MACHINED}`, async () => {
        const found = await host.line('machined_startable');
        expect(found?.what).toMatch(/^systemd-machined.service and systemd-machined.socket can still be started/);
        await host.shell(found?.mend as string);
        expect(await host.wrong()).toEqual([]);
      });
    });

    const kept = (path: string, [before, after] = ['', '']): [string, string] => [
      `mv ${path} /run/kept; ${before}`,
      `${after}
mv /run/kept ${path}`,
    ];
    const resolvConf = (text: string): [string, string] => [
      `rm /etc/resolv.conf; echo '${text}' >/etc/resolv.conf`,
      'ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf',
    ];

    it.each<[Kind, [before: string, after: string], RegExp]>([
      ['socket_closed', [`chmod 600 ${USERDB}`, `chmod 666 ${USERDB}`], /^\S+userdb\S+: not everybody may connect$/],
      ['socket_trouble', kept(USERDB), /^\S+: there is no such socket$/],
      [
        'socket_other',
        kept(USERDB, standIn('varlink', USERDB)),
        /^\S+: something else 1 answers there, python3 \(PID \d+\), not mymachines$/,
      ],
      ['hook_closed', [`chmod 600 ${HOOK}`, `chmod 666 ${HOOK}`], /^\S+: systemd-resolved may not connect, and then /],
      ['hook_absent', kept(HOOK), /^mymachines has no hook among those/],
      ['hook_left', standIn('gone', `${HOOKS}/zz`), /^\S+zz: nobody listens there any more$/],
      [
        'dns_elsewhere',
        resolvConf('nameserver 192.0.2.1'),
        / ask 192\.0\.2\.1, which is another host and knows no machines$/,
      ],
      ['dns_unknown', resolvConf('nameserver 127.0.0.99'), / do not find web by 127\.0\.0\.99: /],
      ['dns_unknown', resolvConf('nameserver 10.88.0.1'), / do not find web by 10\.88\.0\.1: /],
      ['dns_nobody', resolvConf('# nothing'), /^\/etc\/resolv\.conf names no server/],
    ])('tells of one thing: %s', async (reason, scripts, what) => {
      await host.during(...scripts, async () => expect((await host.line(reason))?.what).toMatch(what));
      expect(await host.wrong()).toEqual([]);
    });

    it('tells that systemd-resolved finds no name at all when it may not connect to a hook', async () => {
      await host.during(`chmod 600 ${HOOK}; systemctl restart systemd-resolved`, `chmod 666 ${HOOK}`, async () => {
        const lines = await host.check();
        expect(lines.filter(({ level }) => level === 'fail').map(({ reason }) => reason)).toEqual([
          'hook_closed',
          'resolved_unseen',
        ]);
      });
    });

    it('passes over what is no socket among the hooks, as systemd-resolved does', async () => {
      const before = `touch ${HOOKS}/zz; ln -s /run/systemd/no-such-hook ${HOOKS}/zzz`;
      await host.during(`${before}; systemctl restart systemd-resolved`, `rm ${HOOKS}/zz*`, async () => {
        expect(await host.wrong()).toEqual([]);
      });
    });

    it('tells that a hook does not answer, and that names are not found because of it', async () => {
      const [before, after] = standIn('silent', `${HOOKS}/zz`);
      await host.during(before, `${after}; systemctl restart systemd-resolved`, async () => {
        const lines = await host.check();
        const what = (reason: Kind): string | undefined => lines.find((line) => line.reason === reason)?.what;
        expect(what('hook_trouble')).toMatch(/zz: python3 \(PID \d+\) does not answer .*with each name$/);
        expect(what('resolved_unseen')).toMatch(/does not find web, which is 10\.88\.0\.2: no answer in 8 seconds$/);
      });
    });

    it('tells that a machine is found elsewhere', async () => {
      await host.during('echo 10.1.1.1 web >>/etc/hosts', "sed -i '/10.1.1.1/d' /etc/hosts", async () => {
        const differs = await host.line('resolved_differs');
        expect(differs?.what).toMatch(/finds web at 10\.1\.1\.1, and mymachines has it at 10\.88\.0\.2$/);
        expect(await host.wrong()).toEqual(['name_in_hosts', 'resolved_differs']);
        // As the C library does.
        expect(await host.shell('getent ahostsv4 web')).toMatch(/^10\.1\.1\.1 /);
      });
    });

    it('tells that systemd-resolved asks no hooks, does not answer, or does not run', async () => {
      const dropIn = '/run/systemd/system/systemd-resolved.service.d';
      const restart = 'systemctl daemon-reload; systemctl restart systemd-resolved';
      const off = `printf '[Service]\\nEnvironment=SYSTEMD_RESOLVED_HOOK=0\\n' >${dropIn}/hook.conf`;
      await host.during(`mkdir ${dropIn}; ${off}; ${restart}`, `rm -r ${dropIn}; ${restart}`, async () => {
        expect(await host.wrong()).toContain('resolved_hooks_off');
      });
      const signal = (name: string): string => `systemctl kill -s ${name} systemd-resolved`;
      await host.during(signal('STOP'), signal('CONT'), async () => {
        expect(await host.wrong()).toContain('resolved_trouble');
      });
      const units = 'systemd-resolved.service systemd-resolved-varlink.socket systemd-resolved-monitor.socket';
      await host.during(`systemctl stop ${units}`, `systemctl start ${units}`, async () => {
        expect(await host.wrong()).toContain('resolved_absent');
      });
      expect(await host.wrong()).toEqual([]);
    });

    it('tells that mymachines itself does not answer', async () => {
      // Else systemd puts another in the place of one that has not fed the watchdog for ten seconds.
      const stop = 'systemctl service-watchdogs no && systemctl kill -s STOP mymachines';
      const go = 'systemctl kill -s CONT mymachines && systemctl service-watchdogs yes';
      await host.during(stop, go, async () => {
        expect((await host.line('registry_trouble'))?.what).toMatch(/^\S+: \S+ \(PID \d+\) does not answer/);
      });
      // It has what was asked meanwhile to answer first.
      await expect.poll(() => host.wrong(), { timeout: 20_000 }).toEqual([]);
    });

    it('has told of all of that', () => host.expectSeen(toldInTheLab.instead));
  },
);
