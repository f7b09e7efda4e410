import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteExecutable, quoteForSystemd } from '../../src/cli/install/quote.ts';
import { allowedCalls, polkitDefaults } from '../cli/install/rules.ts';
import { makeRoot } from '../conformance/machines.ts';
import { compileModules } from '../support/build.ts';
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

  /** How much a unit exposes, from 0 to 10. */
  const exposure = async (unit: string): Promise<number> => {
    const security = await shell(`systemd-analyze security --no-pager ${unit}`);
    return Number(/exposure level for \S+: ([\d.]+)/.exec(security)?.[1]);
  };

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    for (const name of ['one', 'two']) {
      await makeRoot(lab, { name, class: 'container', by: 'nspawn', osRelease: ['ID=tiny', 'PRETTY_NAME="Tiny 1"'] });
    }
    await shell('useradd alice');
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
    expect(await exposure('mymachines.service')).toBeLessThanOrEqual(4.7);
    // That of systemd-machined is masked by now; this is the file.
    await shell('cp /usr/lib/systemd/system/systemd-machined.service /run/machined-as-shipped.service');
    expect(await exposure('--offline=yes /run/machined-as-shipped.service')).toBeGreaterThan(5.1);
    expect(await shell('systemd-tmpfiles --create 2>&1 | grep mymachines || true')).toBe('');
    expect(await shell('readlink /run/varlink/registry/io.systemd.Machine')).toBe(
      '/run/systemd/machine/io.systemd.Machine\n',
    );
  });

  it('comes with the rules of systemd-machined for others than root', async () => {
    const [conf, policy] = ['system.d/org.freedesktop.machine1.conf', 'actions/org.freedesktop.machine1.policy'];
    const ours = (path: string) => readFileSync(`${projectRoot}/share/${path}`, 'utf8');
    const calls = allowedCalls(await shell(`cat /usr/share/dbus-1/${conf}`));
    expect(calls).toContain('org.freedesktop.machine1.Manager.OpenMachineRootDirectory');
    expect(allowedCalls(ours('dbus/mymachines.conf'))).toEqual(calls);
    const defaults = polkitDefaults(await shell(`cat /usr/share/polkit-1/${policy}`));
    expect(Object.keys(defaults)).toContain('org.freedesktop.machine1.register-machine');
    expect(polkitDefaults(ours('polkit/org.freedesktop.machine1.policy'))).toEqual(defaults);
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

  it('answers unmodified clients over D-Bus, and others than root what the bus and polkit let them have', async () => {
    expect(await shell('machinectl list --no-legend')).toMatch(/^one +container systemd-nspawn tiny +- +192\.0\.2\.7/);
    expect(await shell('getent -s mymachines hosts one')).toMatch(/^192\.0\.2\.7 +one$/m);
    const asAlice = async (...words: string[]): Promise<string> => {
      const alice = ['--reuid=alice', '--regid=alice', '--clear-groups', 'busctl', 'call', 'org.freedesktop.machine1'];
      const { stdout, stderr } = await lab.run('setpriv', ...alice, '/org/freedesktop/machine1', ...words);
      return stdout + stderr;
    };
    const manager = 'org.freedesktop.machine1.Manager';
    expect(await asAlice(manager, 'GetMachine', 's', 'one')).toBe('o "/org/freedesktop/machine1/machine/one"\n');
    expect(await asAlice(manager, 'TerminateMachine', 's', 'one')).toMatch(/requires interactive authentication/);
    // Neither is in the list of the bus's policy.
    expect(await asAlice(manager, 'NoSuchMethod')).toBe('Call failed: Access denied\n');
    const set = ['org.freedesktop.DBus.Properties', 'Set', 'ssv', manager, 'PoolPath', 's', 'x'];
    expect(await asAlice(...set)).toBe('Call failed: Access denied\n');
    // Who has no registry of their own, and no session.
    expect(await shell(`runuser -u alice -- env -u XDG_RUNTIME_DIR ${mymachines} list --no-legend`)).toMatch(/^one /);
    expect(
      await lab.run('setpriv', '--reuid=alice', '--clear-groups', 'busctl', '--json=short', ...ownName),
    ).toMatchObject({ status: 1, stderr: expect.stringContaining('Access denied') });
  });

  it('opens the root directory of a container and the host’s, and not as its own sandbox has it', async () => {
    compileModules('service');
    lab.write('/root/open.mjs', openRootDirectory);
    expect(JSON.parse(await shell('node /root/open.mjs one'))).toEqual({ id: 'ID=tiny', written: true });
    expect(JSON.parse(await shell('node /root/open.mjs .host'))).toEqual({ id: 'ID=debian', written: true });
  });

  it('mounts files of the host in a container, for its root, and keeps account of it', async () => {
    const pid = (await shell('machinectl show -P Leader one')).trim();
    const told = await shell(`mkdir -p /srv/shared; echo of the host >/srv/shared/file
      machinectl bind --mkdir --read-only one /srv/shared /mnt/a/b
      cat /proc/${pid}/root/mnt/a/b/file; stat -c %u /proc/${pid}/root/mnt/a; awk '{ print $2 }' /proc/${pid}/uid_map
      touch /proc/${pid}/root/mnt/a/b/new 2>&1 || true
      pgrep -fc '[m]ounts/program' || true`);
    const [content, owner, root, refused, processes] = told.trim().split('\n');
    expect([content, processes]).toEqual(['of the host', '0']);
    expect(Number(owner)).toBeGreaterThan(65535);
    expect(owner).toBe(root);
    expect(refused).toContain('Read-only file system');
    const log = await shell('journalctl -o cat --no-pager -u mymachines');
    expect(log).toMatch(/operation=bind-mount machine=one uid=0 pid=\d+ src=\/srv\/shared dest=\/mnt\/a\/b\n/);
    // Where it is a sandbox for the service: it is the host's /srv that was meant, and the mounts of the service are its own.
    expect(await shell('grep -c /mnt/a /proc/$(systemctl show -P MainPID mymachines)/mountinfo || true')).toBe('0\n');
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
      ['machinectl list', /^one +container/m],
    ] as const) {
      await shell('systemctl stop mymachines.service');
      expect((await lab.run('systemctl', 'is-active', 'mymachines')).stdout).toBe('inactive\n');
      expect(await shell(ask)).toMatch(answer);
      expect((await lab.run('systemctl', 'is-active', 'mymachines')).stdout).toBe('active\n');
    }
    // Not for having been started often, but for having been killed.
    await shell(`systemctl reset-failed mymachines; old=$(systemctl show -P MainPID mymachines); kill -9 $old
      await eval '[ $(systemctl show -P MainPID mymachines) != $old ]'; await systemctl is-active -q mymachines`);
    expect(await shell(list)).toBe(known);
  });

  it('signals and ends what is in a machine', async () => {
    await startContainer('two');
    const gone = (name: string) => `await eval '! systemctl is-active -q ${name}.scope'`;
    await shell(`${varlink}.Kill '{"name":"one","whom":"all","signal":9}'; ${gone('one')}`);
    await shell(`machinectl terminate two; ${gone('two')}`);
    await shell(`await eval '[ "$(${mymachines} list)" = "No machines." ]'`);
  });

  it('has nothing to complain of', async () => {
    expect(await shell('journalctl -o cat --no-pager -u mymachines')).toContain('ready version=');
    expect(await shell('journalctl -o cat --no-pager -u mymachines -p warning')).toBe('');
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

  it('brings what is needed where systemd-machined never was', async () => {
    await shell(`systemctl stop systemd-machined.socket systemd-machined.service
      for f in $(grep -E 'machine1|machined' /var/lib/dpkg/info/systemd-container.list); do rm $f; done
      systemctl daemon-reload; systemctl restart polkit
      await eval '! busctl list --activatable | grep -q machine1'`);
    expect(await shell('pkaction | grep machine1 || true')).toBe('');
    expect(await shell(`${mymachines} install`)).not.toContain('left ');
    await shell(`systemctl daemon-reload; systemctl enable mymachines.socket mymachines.service
      await eval 'busctl list --activatable | grep -q machine1'`);
    // Nothing has been started: it is by who asks.
    expect(await shell('machinectl list')).toBe('No machines.\n');
    expect(await shell('await eval "pkaction | grep machine1.manage-machines"')).toBe(
      'org.freedesktop.machine1.manage-machines\n',
    );
  });

  it('can be where the shell and systemd would want to understand more than there is', async () => {
    const path = '/opt/a b/$HOME $x 100%h \u00fc;#/program';
    const argument = `${path} "c" 'd' \\e`;
    lab.write(path, '#!/bin/sh\nprintf "%s\\n" "$@" >/run/said\n');
    const program = quoteExecutable(path);
    const command = `:${program} ${quoteForSystemd(argument)} serve`;
    const unit = `[Unit]\nRequiresMountsFor=${program} ${quoteForSystemd(argument)}\n[Service]\nType=oneshot\nExecStart=${command}\n`;
    lab.write('/run/systemd/system/quoting.service', unit);
    expect(await shell('chmod +x /opt/*/*/program; systemctl start quoting; cat /run/said')).toBe(
      `${argument}\nserve\n`,
    );
  });
});

/** Tries to get the name on the bus that only root may have. */
const ownName = [
  ...['call', 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'],
  ...['RequestName', 'su', 'org.freedesktop.machine1', '0'],
];

/** A program that says what OS is below a machine's root directory, and whether files can be made there. */
const openRootDirectory = `
  import { closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
  const ours = (path) => import('/project/build/service/' + path + '.js');
  const [{ parseBusAddress }, { Bus }] = [await ours('dbus/connection/address'), await ours('dbus/connection/bus')];
  const [{ EventLoop }, { connectUnix }] = [await ours('linux/event-loop'), await ours('linux/unix-connect')];
  const loop = new EventLoop();
  const bus = await Bus.connect({
    addresses: parseBusAddress('unix:path=/run/dbus/system_bus_socket'),
    connect: (address) => connectUnix(loop, address, { passDescriptors: true }),
  });
  const [descriptor] = await bus.call({
    destination: 'org.freedesktop.machine1',
    path: '/org/freedesktop/machine1',
    interface: 'org.freedesktop.machine1.Manager',
    member: 'OpenMachineRootDirectory',
    signature: 's',
    body: [process.argv[2]],
    acceptDescriptors: true,
  });
  const root = '/proc/self/fd/' + descriptor;
  const id = /^ID=.*$/m.exec(readFileSync(root + '/etc/os-release', 'utf8'))[0];
  writeFileSync(root + '/etc/new', '');
  rmSync(root + '/etc/new');
  console.log(JSON.stringify({ id, written: true }));
  closeSync(descriptor);
  bus.close();
  loop.close();
`;
