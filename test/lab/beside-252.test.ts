import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRoot } from '../conformance/machines.ts';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

// As in beside.test.ts, with the systemd-machined of Debian 12, which has no Varlink interface and knows less; and then in
// its place, on a host that is as old.

const unavailable = await labUnavailable('bookworm');
if (unavailable !== undefined) console.warn(`nothing runs beside systemd-machined 252: no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';

describe.skipIf(unavailable !== undefined)('mymachines beside systemd-machined 252', { timeout: 60_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }], 'bookworm');
    await makeRoot(lab, { name: 'one', class: 'container', by: 'nspawn', osRelease: ['ID=tiny'] });
    await lab.shell(`${mymachines} install --beside
      mkdir -p /etc/systemd/system/mymachines.service.d
      ${mymachines} dns-setup service --dns=127.0.0.57:53 --source=machine1 \\
        > /etc/systemd/system/mymachines.service.d/dns.conf
      systemctl daemon-reload; systemctl enable --now mymachines.service`);
  }, 120_000);
  afterAll(() => lab?.down());

  it('is running, and has not started it', async () => {
    expect((await lab.run('systemctl', 'is-active', 'mymachines', 'systemd-machined')).stdout).toBe(
      'active\ninactive\n',
    );
    expect(await lab.shell('systemd-analyze verify --man=no mymachines.service')).toBe('');
    expect(await lab.shell(`${mymachines} list`)).toBe('No machines.\n');
  });

  it('has what it registers, and the names of it', async () => {
    await lab.shell(`systemd-run -q --collect -u nspawn-one systemd-nspawn -q -D /var/lib/machines/one -M one \\
        --as-pid2 --network-veth --private-users=200000 sleep infinity
      for n in $(seq 250); do ${mymachines} list | grep -q ^one && break; sleep .02; done
      p=$(machinectl show -p Leader --value one); ip link set ve-one up; nsenter -t $p -n ip link set host0 up
      nsenter -t $p -n ip address add 192.0.2.7/24 dev host0
      for n in $(seq 50); do ${mymachines} resolve one | grep -q 192.0.2.7 && break; sleep .1; done`);
    const told = await lab.shell('machinectl list --no-legend | cut -d" " -f1-3');
    expect(told).toBe('one container systemd-nspawn\n');
    const [listed] = JSON.parse(await lab.shell(`${mymachines} list --json=short`)) as Record<string, unknown>[];
    const leader = Number(await lab.shell('machinectl show -p Leader --value one'));
    expect(listed).toMatchObject({
      name: 'one',
      service: 'systemd-nspawn',
      leader: { pid: leader },
      UIDShift: 200_000,
    });
    expect(await lab.shell('dig @127.0.0.57 +short one.machine.internal')).toBe('192.0.2.7\n');
    expect(await lab.shell('getent passwd 200033')).toMatch(/^vu-one-33:x:200033:/);
  });

  it('forgets what has ended, also while it is not there', async () => {
    await lab.shell(`systemctl stop systemd-machined; kill -9 $(${mymachines} list --json=short | jq .[0].leader.pid)
      for n in $(seq 250); do [ "$(${mymachines} list)" = 'No machines.' ] && exit; sleep .02; done; exit 1`);
  });

  it('takes its place, where it has what polkit of that time knows nothing of', async () => {
    await lab.shell(`systemctl disable -q --now mymachines.service; rm -r /etc/systemd/system/mymachines.service.d
      ${mymachines} uninstall; ${mymachines} install; systemctl daemon-reload
      systemctl mask -q --now systemd-machined.service; systemctl enable -q --now mymachines.socket mymachines.service
      systemd-run -q --collect -u nspawn-one systemd-nspawn -q -D /var/lib/machines/one -M one --as-pid2 sleep infinity
      for n in $(seq 250); do machinectl show one >/dev/null 2>&1 && break; sleep .02; done
      useradd alice; useradd bob
      echo 'polkit.addRule(function (action, subject) {
        if (action.id == "org.freedesktop.machine1.inspect-machines" && subject.user == "alice") return polkit.Result.YES;
      });' >/etc/polkit-1/rules.d/50-alice.rules
      # It reads its rules again when it notices that they have changed.
      systemctl restart polkit`);
    const listed = (user: string) =>
      lab.shell(`runuser -u ${user} -- machinectl list --no-legend | tr -s ' ' | cut -d ' ' -f 1-4`);
    expect(await listed('alice')).toBe('one container systemd-nspawn tiny\n');
    expect(await listed('bob')).toBe('one container systemd-nspawn -\n');
    const log = await lab.shell('journalctl -o cat --no-pager -u mymachines');
    expect(log).not.toContain('polkit cannot be asked');
    await lab.shell('machinectl copy-to one /etc/hostname /copied; cmp /etc/hostname /var/lib/machines/one/copied');
    // Sets of system calls that it does not know yet it passes over: a shell may do what is in them all the same.
    const filter = await lab.shell(`${mymachines} shell --quiet one /bin/sleep 1000 </dev/null >/dev/null 2>&1 &
      find() { unit=$(systemctl list-units --no-legend --plain 'mymachines-shell-*' | cut -d ' ' -f 1); [ -n "$unit" ]; }
      for n in $(seq 250); do find && break; sleep .02; done
      systemctl show -P SystemCallFilter $unit | tr ' ' '\\n'; systemctl stop $unit; wait`);
    const may = ['landlock_create_ruleset', 'mount', 'ptrace', 'seccomp'];
    const calls = filter.split('\n').filter((call) => [...may, 'bpf', 'keyctl', 'open_by_handle_at'].includes(call));
    expect(calls.sort()).toEqual(may);
    await lab.shell('machinectl terminate one; ! machinectl show one');
  });
});
