import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BootedContainer } from '../support/booted-container.ts';
import { Lab, labUnavailable } from '../support/lab.ts';
import { callDBus, callVarlink } from '../support/lab-calls.ts';
import { onTerminal, type TerminalSession } from '../support/on-terminal.ts';
import { projectRoot } from '../support/project-root.ts';
import { HostileBuses } from './terminals/hostile-buses.ts';
import { ManyShells, type ShellCounts } from './terminals/many-shells.ts';
import { chains, questions, show, sleeping } from './terminals/questions.ts';
import { TypedShell } from './terminals/typed-shell.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

/** What is another each time. */
function stable({ shown, status }: TerminalSession): { shown: string; status: number } {
  const text = shown
    .replaceAll('\r', '')
    // What it does to the window's title and colours has the boot id in it.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    .replace(/\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)/g, '')
    .replace(/^Last login: .*\n/gm, '')
    .replace(/(INVOCATION_ID|XDG_SESSION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM)=.*/g, '$1')
    .replace(/session-c?\d+\.scope/g, 'session.scope')
    .replace(/\bpts\/\d+/g, 'pts/N')
    .replace(/\b(container-(?:shell|getty)@)\d+/g, '$1N');
  return { shown: text, status };
}

describe.skipIf(unavailable !== undefined)('terminals of machines', { timeout: 60_000 }, () => {
  let lab: Lab;
  let mapped: BootedContainer;
  let shells: ManyShells;
  let atFirst: ShellCounts;
  const [expected, seen] = [new Map<string, unknown>(), new Map<string, unknown>()];

  /** Those about one machine one after another, as who is logged in shows. */
  const askAll = async (answers: Map<string, unknown>): Promise<void> => {
    await Promise.all(
      chains.map(async (chain) => {
        for (const { title, command, steps } of chain) {
          answers.set(title, stable(await onTerminal(lab, command, steps)));
        }
      }),
    );
    // They begin anew when whoever logged in has left, perhaps on the terminal of somebody who came next. Of those that
    // did so in vain until systemd let them be, none would start for ten seconds.
    for (const machine of ['.host', 'plain', 'mapped']) {
      await lab.shell(
        `for verb in stop reset-failed; do systemctl --machine=${machine} $verb 'container-getty@*'; done`,
      );
    }
  };

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    lab.write('/etc/show', show);
    await lab.shell(`chmod 755 /etc/show
      useradd --create-home --shell /bin/dash alice
      echo alice:wonderland | chpasswd`);
    const prepare = 'mkdir -p home/alice; chown 1000:1000 home/alice';
    [mapped] = await Promise.all([
      BootedContainer.boot(lab, 'mapped', { privateUsers: true, prepare }),
      BootedContainer.boot(lab, 'plain', { prepare }),
      HostileBuses.startContainer(lab, 'bare', { unfiltered: true, withoutLogin: true }),
      HostileBuses.startContainer(lab, 'unmapped', { hostUsers: true }),
    ]);
    await askAll(expected);
    await lab.shell(`node /project/dist/cli/main.js install
      systemctl daemon-reload
      systemctl mask --now --quiet systemd-machined.service systemd-machined.socket
      systemctl enable --now --quiet mymachines.socket mymachines.service
      for n in $(seq 100); do busctl status org.freedesktop.machine1 >/dev/null 2>&1 && exit; sleep .1; done; exit 1`);
    shells = new ManyShells(lab, mapped);
    // machinectl has asked for what is in files, for which there is a process that ends ten seconds later.
    await vi.waitFor(async () => expect((await shells.counts()).processes).toBe(0), {
      timeout: 60_000,
      interval: 1000,
    });
    atFirst = await shells.counts();
    await askAll(seen);
  }, 240_000);

  afterAll(() => lab?.down());

  it.each(questions)('are as with systemd-machined: $title', ({ title, shows }) => {
    const answer = expected.get(title);
    expect(answer).toMatchObject({ shown: expect.stringContaining(shows) });
    expect(seen.get(title)).toEqual(answer);
  });

  it('are had where there is no systemd, too, as its leader is bound', async () => {
    const shell = ['machinectl', 'shell', '--setenv=GREETING=hello', 'bare', '/bin/sh'];
    const { shown } = await onTerminal(lab, shell, [
      { wait: '# ' },
      {
        type: 'echo "$GREETING $(id -u) $(pwd) $(grep -h Seccomp: /proc/1/status /proc/self/status | uniq | wc -l)"\r',
      },
      { wait: 'hello 0 /root' },
      { wait: '# ' },
      { type: sleeping },
      { wait: 'sleeping' },
      { type: '\x03' },
      { wait: '# ' },
      { type: 'exit 5\r' },
    ]);
    expect(shown).toMatch(/hello 0 \/root 1\r\n/);
    const log = 'journalctl --unit=mymachines --output=cat | grep "a shell has ended" | tail -n1';
    await expect.poll(() => lab.shell(log), { timeout: 30_000 }).toMatch(/machine=bare.*status=5/);
    const { shown: refused } = await onTerminal(lab, ['machinectl', 'shell', 'nobody-here@bare']);
    expect(refused).toContain('there is no such user in bare');
  });

  it('have who they run as become another, and outlive the service, where there is no systemd', async () => {
    const tree = '/var/lib/machines/unmapped';
    lab.write(`${tree}/etc/passwd`, 'root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n');
    lab.write(
      `${tree}/etc/pam.d/su`,
      ['auth', 'account', 'session'].map((kind) => `${kind} required pam_permit.so\n`).join(''),
    );
    const processes = () => lab.shell('cat /sys/fs/cgroup/system.slice/unmapped.service/payload/cgroup.procs');
    const before = await processes();
    const units = () => lab.shell("systemctl list-units --no-legend 'mymachines-shell-*'");
    const shell = new TypedShell(lab, 'machinectl', 'shell', 'anna@unmapped');
    await shell.until(/\$ $/);
    const bounds = /id 0\r\nNoNewPrivs:\t0\r\nSeccomp:\t2\r\n-1 1\r\n/;
    const program =
      'import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.open_by_handle_at(0, None, 0), ctypes.get_errno())';
    await shell.type(
      `su -c 'echo id $(id -u); grep -E "^(NoNew|Seccomp:)" /proc/self/status; python3 -c "${program}"'\r`,
      bounds,
    );
    expect((await units()).trim()).toMatch(
      /^mymachines-shell-0-unmapped-[0-9a-f]{8}-\d+\.service +loaded +active +running +Shell in Machine unmapped$/,
    );
    await lab.shell('systemctl restart mymachines');
    await shell.type('echo still $(id -u)\r', /still 1000\r\n/);
    const another = new TypedShell(lab, 'machinectl', 'shell', 'unmapped');
    await another.until(/# $/);
    expect((await units()).trim().split('\n')).toHaveLength(2);
    await lab.shell("systemctl stop 'mymachines-shell-0-unmapped-*'");
    // They are hung up.
    await Promise.all([shell.end(), another.end()]);
    await expect.poll(units, { timeout: 30_000 }).toBe('');
    expect(await processes()).toBe(before);
  });

  it('are logins, one after another, where there is no systemd, of the container’s own users', async () => {
    await lab.shell('cp --parents /etc/pam.d/* /etc/{passwd,shadow,group,login.defs} /var/lib/machines/unmapped');
    const login = new TypedShell(lab, 'machinectl', 'login', 'unmapped');
    for (const status of [0, 3]) {
      await login.until(/unmapped login: $/);
      await login.type('alice\r', /Password: $/);
      await login.type('wonderland\r', /\$ $/);
      await login.type('echo I am $(id -un) on $(tty)\r', /I am alice on \/dev\/pts\/\d+\r\n/);
      // The next one is at the same terminal.
      await login.type(`exit ${status}\r`, /unmapped login: $/);
    }
    await login.type('\u001d\u001d\u001d', /terminated/);
    await login.end();
    const left =
      "systemctl list-units --no-legend 'mymachines-shell-*'; pgrep --ns $(machinectl show -P Leader unmapped) -x login || true";
    await expect.poll(() => lab.shell(left), { timeout: 30_000 }).toBe('');
    const { shown } = await onTerminal(lab, ['machinectl', 'login', 'bare']);
    expect(shown).toContain('There is no system bus in container bare, and no /bin/login.');
  });

  it('are fifty at once, whose callers stay or leave', async () => {
    const { answers, running } = await shells.open('mapped', 50, 'stay');
    expect(answers).toEqual(Array.from({ length: 50 }, () => 'ready'));
    expect(running).toBe(50);
    await shells.open('mapped', 50, 'leave');
  });

  it('end with their machine, also while they are opened', async () => {
    const doomed = await BootedContainer.boot(lab, 'doomed', { privateUsers: true });
    const opening = shells.open('doomed', 30, 'stay');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await doomed.kill();
    const { answers } = await opening;
    expect(answers).toHaveLength(30);
    expect(answers.filter((answer) => answer === 'nothing')).toEqual([]);
  });

  it('are opened by a service in a container, too, whose root is another user outside', async () => {
    const options = ['--bind-ro=/project'];
    const nested = await BootedContainer.boot(lab, 'nested', { privateUsers: true, options });
    const { stdout, stderr } = await nested.run(
      'bash',
      '-euc',
      `socket=/run/own/machine/io.systemd.Machine mymachines="node /project/dist/cli/main.js"
      await() { for n in $(seq 200); do if "$@"; then return; fi; sleep .05; done; return 1; }
      $mymachines serve --runtime-dir=/run/own --bus=none >/dev/null 2>&1 & daemon=$!
      unshare --mount sh -c 'mount -t tmpfs tmpfs /run; touch /run/there; exec sleep 100' >/dev/null 2>&1 & bare=$!
      trap "kill $daemon $bare" EXIT
      await test -S $socket; await test -e /proc/$bare/root/run/there
      $mymachines register bare --leader=$bare --class=container --runtime-dir=/run/own
      varlinkctl --exec call $socket io.systemd.Machine.Open '{"name":".host","mode":"tty"}' -- sh -c 'test -t 3 && echo terminal'
      $mymachines shell --quiet --runtime-dir=/run/own bare /bin/echo shell </dev/null`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'terminal\nshell\r\n', stderr: '' });
    await nested.kill();
  });

  it('are refused by a bus that lies, floods or says nothing, in time, and others go on meanwhile', async () => {
    const buses = await HostileBuses.start(lab);
    const outcomes = buses.openShells();
    const { answers } = await shells.open('mapped', 5, 'stay');
    expect(answers).toEqual(Array.from({ length: 5 }, () => 'ready'));
    for (const [kind, { error, seconds }] of await outcomes) {
      expect([kind, error]).toEqual([kind, expect.stringMatching(/FileNotFound|Timeout|System\.Error|UnitMasked/)]);
      expect([kind, seconds]).toEqual([kind, expect.toSatisfy((value: number) => value < 25)]);
    }
  });

  it('are nobody’s where a user calls a process of the host a machine', async () => {
    lab.write(
      '/etc/polkit-1/rules.d/10-alice.rules',
      `polkit.addRule(function (action, subject) {
         if (action.id == 'org.freedesktop.machine1.register-machine') return polkit.Result.YES;
       });`,
    );
    // One of the host's, and one in a container of root's in which her uid is root's.
    const hosts = await lab.shell('systemd-run -q --uid=alice --unit=hers sleep 1000; systemctl show -P MainPID hers');
    const roots = await lab.shell(`
      systemd-run -q --unit=roots unshare --user sleep 1000
      pid=$(systemctl show -P MainPID roots)
      until [ $(cat /proc/$pid/comm) = sleep ]; do sleep 0.1; done
      echo 0 1000 1 >/proc/$pid/gid_map; echo 0 1000 1 >/proc/$pid/uid_map
      systemd-run -q --unit=within nsenter --user --target=$pid sleep 1000
      until [ $(cat /proc/$(systemctl show -P MainPID within)/comm) = sleep ]; do sleep 0.1; done
      systemctl show -P MainPID within`);
    const asAlice = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'];
    const [program = '', ...rest] = [...asAlice, 'varlinkctl', 'call', '/run/systemd/machine/io.systemd.Machine'];
    const shell = { path: '/org/freedesktop/machine1', method: 'org.freedesktop.machine1.Manager.OpenMachineShell' };
    for (const [name, leader] of Object.entries({ hers: hosts, within: roots })) {
      const request = `{"name":"${name}","class":"container","leader":${leader.trim()}}`;
      await expect
        .poll(async () => (await lab.run(program, ...rest, 'io.systemd.Machine.Register', request)).stderr, {
          timeout: 10_000,
        })
        .toBe('');
      for (const uid of [1000, 0]) {
        const answer = await callDBus(lab, uid, shell, name, '', '', '[]', '[]');
        expect(answer).toEqual({ error: 'org.freedesktop.DBus.Error.AccessDenied' });
        for (const mode of ['tty', 'login', 'shell']) {
          const reply = await callVarlink(lab, uid, 'io.systemd.Machine.Open', { name, mode });
          expect(reply).toMatchObject({ error: 'org.varlink.service.PermissionDenied' });
        }
      }
    }
    await lab.shell('systemctl stop hers within roots');
  });

  it('leave nothing behind after all that: no descriptor, process, unit or terminal', async () => {
    await expect.poll(() => shells.counts(), { timeout: 80_000, interval: 1000 }).toEqual(atFirst);
  }, 100_000);
});
