import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { CheckedLab, mymachines } from './checked-lab.ts';
import { toldInTheLab } from './told-in-the-lab.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const register = 'varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.Register';

describe.skipIf(unavailable !== undefined)('mymachines check beside systemd-machined', { timeout: 60_000 }, () => {
  let host: CheckedLab;
  /** What systemd-resolved says of a name and a type, in one line. */
  const query = async (name: string, type: string): Promise<string> => {
    const options = '--cache=no --network=no --legend=no';
    const text = await host.shell(`resolvectl query ${options} --type=${type} ${name} 2>&1 || true`);
    return text.split('\n').find((line) => line.startsWith(name)) ?? '';
  };
  const found = async (reason: string) => (await host.check()).find((line) => line.reason === reason);

  beforeAll(async () => {
    host = await CheckedLab.up();
    await host.shell(`systemctl start systemd-machined systemd-resolved
systemd-run -q -u box unshare --net sleep infinity
until p=$(systemctl show -P MainPID box); [ "$(cat /proc/$p/comm)" = sleep ]; do sleep .02; done
ip link add v0 type veth peer name host0 netns $p
ip address add 10.88.0.1/24 dev v0
ip link set v0 up
nsenter -t $p -n ip link set host0 up
nsenter -t $p -n ip address add 10.88.0.2/24 dev host0
until nsenter -t $p -n ip -6 address show dev host0 scope link -tentative | grep -q fe80; do sleep .1; done
${register} '{"name":"web","class":"container","leader":'$p'}'
systemd-run -q -u names ${mymachines} serve --source machine1 --source embedded
until ${mymachines} list 2>/dev/null | grep -q web; do sleep .05; done`);
  }, 60_000);
  afterAll(() => host?.down());

  it('tells that all is well, but for the second hook, and what that does', async () => {
    expect(await host.reasons()).toEqual([
      'ok registry_beside',
      'ok sockets_answer',
      'ok bus_machined',
      'ok source_live',
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
      'warn hook_machined',
      'ok resolved_sees',
      'ok dns_answers',
    ]);
    expect((await found('registry_beside'))?.what).toMatch(
      /^mymachines \S+ answers at \/run\/systemd\/machine\/io\.github\.mymachines, beside systemd-machined \(PID \d+\)$/,
    );
    // It is as it says: what mymachines does not answer, systemd-machined denies or knows otherwise.
    expect((await found('hook_machined'))?.what).toMatch(
      /as www\.web, do not exist, and link-local addresses are given$/,
    );
    expect(await query('web', 'A')).toBe('web IN A 10.88.0.2');
    expect(await query('web', 'AAAA')).toMatch(/^web IN AAAA fe80::/);
    expect(await query('www.web', 'A')).toMatch(/not found$/);
  });

  it('tells how to turn the second hook off, and then all is well', async () => {
    const mend = (await found('hook_machined'))?.mend as string;
    const [, directive] = /write there \[Service\] and in the next line (.*), and restart it$/.exec(mend) ?? [];
    const dropIn = '/etc/systemd/system/systemd-machined.service.d';
    await host.shell(`mkdir -p ${dropIn}
printf '[Service]\\n%s\\n' '${directive}' >${dropIn}/override.conf
systemctl daemon-reload
systemctl restart systemd-machined`);
    await expect.poll(() => host.wrong(), { timeout: 10_000 }).toEqual([]);
    expect(await query('web', 'A')).toBe('web IN A 10.88.0.2');
    expect(await query('web', 'AAAA')).toMatch(/does not have any RR of the requested type$/);
    // Now it is the network that is asked, of which there is none in the lab.
    expect(await query('www.web', 'A')).not.toMatch(/not found/);
    // Nothing is lost of what systemd-machined does otherwise.
    expect(await host.shell('machinectl list --no-legend')).toMatch(/^web +container/);
  });

  it('tells what one source hides of the other', async () => {
    await host.shell(`systemd-run -q -u one sleep infinity
systemd-run -q -u two sleep infinity
${mymachines} register db --leader=$(systemctl show -P MainPID one)
${register} '{"name":"db","class":"container","leader":'$(systemctl show -P MainPID two)'}'`);
    await expect
      .poll(async () => (await found('source_conflict'))?.what, { timeout: 10_000 })
      .toBe('db of embedded is not to be found: db of machine1 has the same name');
    expect(await host.wrong()).toEqual(['source_conflict']);
    await host.shell('systemctl stop one two');
    await expect.poll(() => host.wrong(), { timeout: 10_000 }).toEqual([]);
  });

  it('tells that systemd-machined is away', async () => {
    await host.shell('systemctl stop systemd-machined.service systemd-machined.socket');
    await expect.poll(() => host.wrong(), { timeout: 10_000 }).toEqual(['source_stale']);
    expect((await found('source_stale'))?.what).toMatch(/^machine1: 1 machine, as they were at 20\d\d-\S+Z: /);
    expect((await found('bus_asleep'))?.level).toBe('ok');
    await host.shell('systemctl start systemd-machined.service');
    await expect.poll(() => host.wrong(), { timeout: 10_000 }).toEqual([]);
  });

  it('has told of all of that', () => host.expectSeen(toldInTheLab.beside));
});
