import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRoot } from '../conformance/machines.ts';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

/** All files that a package could have, with what makes them what they are. */
const listFiles = `find /usr /etc -xdev ! -type d -printf '%y %m %U %G %s %p %l\\n' -o -printf 'd %m %U %G %p\\n' | sort`;
const mymachines = 'node /project/dist/cli/main.js';
const varlink = 'varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine';

/** Runs a command again and again until it succeeds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 250); do if "$@" 2>/dev/null; then return; fi; sleep .02; done; "$@"; }';

describe.skipIf(unavailable !== undefined)('mymachines as a service of systemd', { timeout: 60_000 }, () => {
  let lab: Lab;
  let before: string;
  const shell = (text: string): Promise<string> => lab.shell(`${await_}\n${text}`);
  const startContainer = (name: string) =>
    shell(`systemd-run -q --collect -u nspawn-${name} systemd-nspawn -q -D /var/lib/machines/${name} -M ${name} \\
        --as-pid2 --network-veth --private-users=pick --private-users-ownership=auto sleep infinity
      await grep -q ^NAME=${name}$ /run/systemd/machines/${name}`);

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    for (const name of ['one', 'two']) {
      await makeRoot(lab, { name, class: 'container', by: 'nspawn', osRelease: ['ID=tiny', 'PRETTY_NAME="Tiny 1"'] });
    }
    before = await shell(listFiles);
    await shell(`${mymachines} install
      systemctl daemon-reload
      systemctl mask --now systemd-machined.service systemd-machined.socket
      systemctl enable --now mymachines.socket mymachines.service`);
  }, 60_000);
  afterAll(() => lab?.down());

  it('has units that systemd has nothing to say about, and are exposed to little', async () => {
    const units = ['mymachines.service', 'mymachines.socket', 'mymachines-userdb.socket'];
    expect(await shell(`systemctl is-active ${units.join(' ')}`)).toBe('active\nactive\nactive\n');
    expect(await lab.run('systemd-analyze', 'verify', '--man=no', ...units)).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    const security = await shell('systemd-analyze security --no-pager mymachines.service');
    expect(Number(/exposure level for mymachines.service: ([\d.]+)/.exec(security)?.[1])).toBeLessThanOrEqual(3.2);
    expect(await shell('systemd-tmpfiles --create 2>&1 | grep mymachines || true')).toBe('');
    expect(await shell('readlink /run/varlink/registry/io.systemd.Machine')).toBe(
      '/run/systemd/machine/io.systemd.Machine\n',
    );
  });

  it('is where systemd-nspawn registers its containers, and tells their users, OS and addresses', async () => {
    await startContainer('one');
    const [listed] = JSON.parse(await shell(`${mymachines} list --json=short`)) as [{ leader: { pid: number } }];
    expect(listed).toMatchObject({ name: 'one', service: 'systemd-nspawn', class: 'container', unit: 'one.scope' });
    const { pid } = listed.leader;
    expect(await shell(`${mymachines} status one`)).toContain('OS: Tiny 1\n');
    const uid = (await shell(`awk '{ print $2 + 33 }' /proc/${pid}/uid_map`)).trim();
    expect(await shell('getent passwd vu-one-33')).toMatch(new RegExp(`^vu-one-33:x:${uid}:`));
    expect(await shell(`userdbctl user ${uid}`)).toContain('User name: vu-one-33\n');

    // Netlink events from other namespaces need privileges: without them an address is there a second later, if at all.
    await shell(`nsenter -t ${pid} -n bash -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set host0 up'
      ip link set ve-one up`);
    await shell(`nsenter -t ${pid} -n ip address add 192.0.2.7/24 dev host0
      for n in 1 2 3; do sleep .1; ${mymachines} status one | grep -q 'Address: .*192.0.2.7' && exit; done; exit 1`);
  });

  it('keeps the machines when it is restarted, and is started by who asks', async () => {
    const list = `${mymachines} list --json=short`;
    const known = await shell(list);
    const pid = await shell('systemctl show -P MainPID mymachines');
    await shell('systemctl restart mymachines');
    expect(await shell('systemctl show -P MainPID mymachines')).not.toBe(pid);
    expect(await shell(list)).toBe(known);
    for (const [ask, answer] of [
      ['getent group vg-one-5', /^vg-one-5:/],
      [list, /"name":"one"/],
    ] as const) {
      await shell('systemctl stop mymachines.service');
      expect((await lab.run('systemctl', 'is-active', 'mymachines')).stdout).toBe('inactive\n');
      expect(await shell(ask)).toMatch(answer);
      expect((await lab.run('systemctl', 'is-active', 'mymachines')).stdout).toBe('active\n');
    }
    await shell('kill -9 $(systemctl show -P MainPID mymachines); await systemctl is-active -q mymachines');
    expect(await shell(list)).toBe(known);
  });

  it('signals and ends what is in a machine', async () => {
    await startContainer('two');
    const gone = (name: string) => `await eval '! systemctl is-active -q ${name}.scope'`;
    await shell(`${varlink}.Kill '{"name":"one","whom":"all","signal":9}'; ${gone('one')}`);
    await shell(`${varlink}.Terminate '{"name":"two"}'; ${gone('two')}`);
    await shell(`await eval '[ "$(${mymachines} list)" = "No machines." ]'`);
  });

  it('has nothing to complain of', async () => {
    // The one time that it was killed is systemd's to tell.
    const log = await shell('journalctl -o cat --no-pager -u mymachines -p warning');
    expect(log.replace(/^mymachines\.service: Failed with result 'signal'\.\n/m, '')).toBe('');
    expect(await shell('journalctl -k --no-pager | grep -iE "denied|audit.*SECCOMP" || true')).toBe('');
  });

  it('is taken away whole when it is not enabled any more', async () => {
    const refused = await lab.run('node', '/project/dist/cli/main.js', 'uninstall');
    const command = 'systemctl disable --now mymachines.service mymachines.socket mymachines-userdb.socket';
    expect(refused).toEqual({ status: 1, stdout: '', stderr: `mymachines: it is enabled; first: ${command}\n` });
    await shell(
      `${command}; ${mymachines} uninstall; systemctl unmask systemd-machined.service systemd-machined.socket`,
    );
    expect(await shell(listFiles)).toBe(before);
    // And systemd-machined is back as if nothing had been.
    await shell('systemctl daemon-reload; systemctl start systemd-machined.socket');
    expect(await shell(`${varlink}.List '{"name":".host"}'`)).toContain('"name":".host"');
    expect(await shell('systemctl is-active systemd-machined.service')).toBe('active\n');
  });
});
