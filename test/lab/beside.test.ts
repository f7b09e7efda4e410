import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRoot } from '../conformance/machines.ts';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

// `mymachines install --beside` on a host whose systemd-machined goes on as before.

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`nothing runs beside systemd-machined: no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';

/** Runs a command again and again until it succeeds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 250); do if "$@" 2>/dev/null; then return; fi; sleep .02; done; "$@"; }';

/** Who systemd-machined is and what it has: its process, its sockets, who else has sockets there, its name. */
const machinedFacts = `
systemctl show -P MainPID systemd-machined.service
stat -c '%i %n' /run/systemd/*/io.systemd.Machine
busctl --json=short call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetConnectionUnixProcessID s org.freedesktop.machine1
systemctl is-enabled systemd-machined.socket systemd-machined.service || true
ls -A /run/systemd/machines`;
const listFiles = "find /usr /etc -xdev ! -type d -printf '%y %m %s %p %l\\n' | sort";

describe.skipIf(unavailable !== undefined)('mymachines beside systemd-machined', { timeout: 60_000 }, () => {
  let lab: Lab;
  let files: string;
  let facts: string;
  const shell = (text: string): Promise<string> => lab.shell(`${await_}\n${text}`);
  const start = (name: string) =>
    shell(`systemd-run -q --collect -u nspawn-${name} systemd-nspawn -q -D /var/lib/machines/${name} -M ${name} \\
        --as-pid2 --network-veth --private-users=pick --private-users-ownership=auto sleep infinity
      await machinectl show ${name} >/dev/null`);
  const names = async (): Promise<string[]> =>
    (JSON.parse(await shell(`${mymachines} list --json=short`)) as { name: string }[]).map(({ name }) => name);

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    for (const name of ['one', 'two']) {
      await makeRoot(lab, { name, class: 'container', by: 'nspawn', osRelease: ['ID=tiny', 'PRETTY_NAME="Tiny 1"'] });
    }
    await shell('useradd alice');
    await start('one');
    files = await shell(listFiles);
    facts = await shell(machinedFacts);
    await shell(`${mymachines} install --beside
      systemctl daemon-reload; systemctl enable --now mymachines.service`);
  }, 120_000);
  afterAll(() => lab?.down());

  it('has one unit, that systemd has nothing to say about and that is exposed to little', async () => {
    expect(await shell('systemctl is-active mymachines.service')).toBe('active\n');
    expect(await lab.run('systemd-analyze', 'verify', '--man=no', 'mymachines.service')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    const security = await shell('systemd-analyze security --no-pager mymachines.service');
    expect(Number(/exposure level for mymachines.service: ([\d.]+)/.exec(security)?.[1])).toBeLessThanOrEqual(3.2);
    expect(await shell(`ls /usr/lib/systemd/system/ /etc/dbus-1/system.d | grep mymachines`)).toBe(
      'mymachines.service\n',
    );
  });

  it('leaves systemd-machined its process, sockets and name, and is nobody on the bus', async () => {
    expect(await shell(machinedFacts)).toBe(facts);
    const sockets = ['machine', 'resolve.hook', 'userdb'].map((name) => `/run/systemd/${name}/io.github.mymachines\n`);
    expect(await shell('ls /run/systemd/*/io.github.mymachines')).toBe(sockets.join(''));
    const pid = (await shell('systemctl show -P MainPID mymachines')).trim();
    const connections = JSON.parse(await shell('busctl list --json=short')) as { name: string; pid: number }[];
    const own = connections.filter((connection) => String(connection.pid) === pid);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter(({ name }) => !name.startsWith(':'))).toEqual([]);
  });

  it('has the machines that were there, and those that come and go, as machinectl has them', async () => {
    expect(await names()).toEqual(['one']);
    await start('two');
    await shell(`await eval '${mymachines} list | grep -q ^two'`);
    const listed = await shell('machinectl list --no-legend | cut -d" " -f1 | sort');
    expect(`${(await names()).join('\n')}\n`).toBe(listed);
    expect(await shell(`${mymachines} status one`)).toContain('OS: Tiny 1\n');
    await shell('machinectl terminate two');
    await shell(`await eval '! ${mymachines} list | grep -q ^two'`);
    expect(await names()).toEqual(['one']);
  });

  it('leaves what is done inside of machines to systemd-machined', async () => {
    for (const [method, more] of [
      ['BindMount', { source: '/etc', destination: '/mnt' }],
      ['CopyTo', { source: '/etc/hostname', destination: '/hostname' }],
      ['Open', { mode: 'tty' }],
    ] as const) {
      const parameters = JSON.stringify({ name: 'one', ...more });
      const socket = '/run/systemd/machine/io.github.mymachines';
      const { status, stderr } = await lab.run(
        'varlinkctl',
        'call',
        socket,
        `io.systemd.Machine.${method}`,
        parameters,
      );
      expect({ method, status, stderr }).toEqual({
        method,
        status: 1,
        stderr: expect.stringContaining('NotSupported'),
      });
    }
    const leader = (await shell('machinectl show -P Leader one')).trim();
    expect(await shell(`ls /proc/${leader}/root/hostname 2>&1 || true`)).toContain('No such file');
  });

  it('tells systemd-resolved what systemd-machined does not: whose an address is', async () => {
    const leader = (await shell('machinectl show -P Leader one')).trim();
    await shell(`nsenter -t ${leader} -n bash -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set host0 up'
      ip link set ve-one up; ip address add 192.0.2.1/24 dev ve-one
      nsenter -t ${leader} -n ip address add 192.0.2.7/24 dev host0
      await eval '${mymachines} resolve one | grep -q 192.0.2.7'`);
    expect(await shell(`${mymachines} resolve 192.0.2.7 --no-legend`)).toMatch(/^one +192\.0\.2\.7\n$/);
    const answer = await shell('resolvectl query --cache=no one');
    expect(answer).toMatch(/^one: 192\.0\.2\.7\b/);
    expect(answer.match(/192\.0\.2\.7/g)).toHaveLength(1);
    expect(await shell('resolvectl query --cache=no 192.0.2.7')).toMatch(/^192\.0\.2\.7: one\b/);
    // By mymachines: without it nobody knows.
    await shell('systemctl stop mymachines');
    expect(await lab.run('resolvectl', 'query', '--cache=no', '192.0.2.7')).toMatchObject({ status: 1 });
    await shell('systemctl start mymachines');
    expect(await shell('resolvectl query --cache=no 192.0.2.7')).toMatch(/^192\.0\.2\.7: one\b/);
  });

  it('asks polkit, although it has no name on the bus', async () => {
    const alice = ['--reuid=alice', '--regid=alice', '--clear-groups'];
    const asAlice = () =>
      lab.run('setpriv', ...alice, ...mymachines.split(' '), 'explain', 'one', '--runtime-dir=/run/systemd');
    expect(await asAlice()).toMatchObject({ status: 1, stderr: 'mymachines: Permission denied.\n' });
    lab.write(
      '/etc/polkit-1/rules.d/10-alice.rules',
      `polkit.addRule(function (action, subject) {
        var ours = action.id == "org.freedesktop.machine1.inspect-machines" && subject.user == "alice";
        return ours && action.lookup("name") == "one" ? polkit.Result.YES : polkit.Result.NOT_HANDLED;
      });`,
    );
    await expect
      .poll(asAlice, { timeout: 5000 })
      .toMatchObject({ status: 0, stdout: expect.stringContaining('one\n') });
    await shell('rm /etc/polkit-1/rules.d/10-alice.rules');
  });

  it('answers while systemd-machined does not, and has all machines after it was killed', async () => {
    await shell('kill -STOP $(systemctl show -P MainPID systemd-machined)');
    try {
      expect(await names()).toEqual(['one']);
      expect(await shell('resolvectl query --cache=no 192.0.2.7')).toMatch(/^192\.0\.2\.7: one\b/);
    } finally {
      await shell('kill -CONT $(systemctl show -P MainPID systemd-machined)');
    }
    await shell('systemctl kill -s KILL systemd-machined; systemctl reset-failed systemd-machined');
    expect(await names()).toEqual(['one']);
    await start('two');
    await shell(`await eval '${mymachines} list | grep -q ^two'`);
    expect(await names()).toEqual(['one', 'two']);
    await shell(`machinectl terminate two; await eval '! ${mymachines} list | grep -q ^two'`);
  });

  it('answers over DNS, and has machines of its own where that is wanted, with the lines of dns-setup', async () => {
    await shell(`mkdir -p /etc/systemd/system/mymachines.service.d
      ${mymachines} dns-setup service --dns=127.0.0.57:53 --source=machine1 --source=embedded \\
        > /etc/systemd/system/mymachines.service.d/dns.conf
      systemctl daemon-reload; systemctl restart mymachines`);
    expect(await shell('dig @127.0.0.57 +short one.machine.internal')).toBe('192.0.2.7\n');
    expect(await shell('dig @127.0.0.57 +short -x 192.0.2.7')).toBe('one.machine.internal.\n');
    await shell(`systemd-run -q -u box unshare --net sleep infinity
      until p=$(systemctl show -P MainPID box); [ "$(cat /proc/$p/comm)" = sleep ]; do sleep .02; done
      ip link add v0 type veth peer name host0 netns $p; ip link set v0 up
      nsenter -t $p -n ip link set host0 up; nsenter -t $p -n ip address add 10.88.0.2/24 dev host0
      ${mymachines} register box --leader=$p`);
    expect(await names()).toEqual(['box', 'one']);
    expect(await shell('machinectl list --no-legend')).not.toContain('box');
    expect(await shell('dig @127.0.0.57 +short box.machine.internal')).toBe('10.88.0.2\n');
    // systemd-machined's own hook knows nothing of it.
    expect(await shell('resolvectl query --cache=no box')).toMatch(/^box: 10\.88\.0\.2\b/);
    await shell(`${mymachines} unregister box; systemctl stop box; rm -r /etc/systemd/system/mymachines.service.d`);
  });

  it('is not installed in the place of systemd-machined by mistake, nor taken away while it is enabled', async () => {
    const disable = 'systemctl disable --now mymachines.service';
    expect(await lab.run('node', '/project/dist/cli/main.js', 'uninstall')).toEqual({
      status: 1,
      stdout: '',
      stderr: `mymachines: it is enabled; first: ${disable}\n`,
    });
    await shell(`${disable}; ${mymachines} uninstall; systemctl daemon-reload`);
    expect(await shell(listFiles)).toBe(files);
    expect(await shell("find /run/systemd -name '*io.github.mymachines*'")).toBe('');
  });

  it('has nothing to complain of but that systemd-machined was away', async () => {
    expect(await shell('journalctl -o cat --no-pager -u mymachines')).toContain('following systemd-machined');
    const log = await shell('journalctl -o cat --no-pager -u mymachines -p warning');
    expect(log.split('\n').filter((line) => line !== '' && !line.includes('systemd-machined'))).toEqual([]);
  });
});
