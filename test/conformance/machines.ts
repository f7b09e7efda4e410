import type { Lab } from '../support/lab.ts';
import type { Caller } from './caller.ts';
import type { CallerName } from './question.ts';
import { machine } from './question.ts';
import { type ScenarioMachine, unitOf } from './scenario.ts';
import type { KnownProcess, Values } from './values.ts';

const root = (name: string) => `/var/lib/machines/${name}`;

/** Makes a root directory for a container from the lab's own bash, coreutils and libraries. */
export async function makeRoot(lab: Lab, { name, osRelease }: ScenarioMachine): Promise<void> {
  await lab.shell(`
    R=${root(name)}; mkdir -p $R/{bin,etc,proc,sys,dev,tmp,run,root,var,usr/bin,usr/lib}
    for b in bash sleep; do cp -L $(command -v $b) $R/bin/; done; ln -s bash $R/bin/sh
    ldd $R/bin/bash $R/bin/sleep | grep -oE '/[^ :]+' | grep -v ^$R | sort -u |
      while read l; do mkdir -p $R$(dirname $l); cp -L $l $R$l; done
    echo root:x:0:0::/root:/bin/bash >$R/etc/passwd; echo root:x:0: >$R/etc/group`);
  if (osRelease) lab.write(`${root(name)}/etc/os-release`, `${osRelease.join('\n')}\n`);
}

/** Starts a machine, registers it, and learns its processes, ids and times. */
export async function startMachine(
  lab: Lab,
  described: ScenarioMachine,
  callers: ReadonlyMap<CallerName, Caller>,
  values: Values,
): Promise<void> {
  const { name } = described;
  if (described.by === 'nspawn') await startNspawn(lab, described, values);
  else await startBare(lab, described, callers, values);
  const stateFile = await lab.shell(`cat /run/systemd/machines/${name}`);
  const field = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stateFile)?.[1];
  values.learnTimes(name, Number(field('REALTIME')), Number(field('MONOTONIC')));
  const id = field('ID');
  if (id !== undefined && described.parameters?.['id'] === undefined) values.learnText(`${name}.id`, id);
}

/** Ends all machines, whoever keeps them. */
export async function stopMachines(lab: Lab, machines: readonly ScenarioMachine[]): Promise<void> {
  const units = machines.map((described) =>
    described.by === 'nspawn' ? `nspawn-${described.name}.service` : unitOf(described),
  );
  await lab.shell(`systemctl stop ${units.join(' ')} subgroup-caller.service
    until [ -z "$(ls -A /run/systemd/machines)" ]; do sleep .02; done`);
}

async function startNspawn(lab: Lab, { name, users, addresses }: ScenarioMachine, values: Values): Promise<void> {
  const start = typeof users === 'object' ? Number(users.uid.split(' ')[1]) : undefined;
  const network = addresses === undefined ? '' : addresses.length === 0 ? '--private-network' : '--network-veth';
  await lab.shell(`
    systemd-run -q --collect -u nspawn-${name} systemd-nspawn -q -D ${root(name)} -M ${name} --as-pid2 ${network} \\
      --private-users=${start ?? 'pick'} --private-users-ownership=auto sleep infinity
    for n in $(seq 200); do
      grep -qs ^NAME=${name}$ /run/systemd/machines/${name} && pgrep -n -f '^sleep infinity' --cgroup /machine.slice/${name}.scope/payload >/dev/null && exit
      sleep .02
    done
    journalctl -o cat --no-pager -u nspawn-${name} >&2; exit 1`);
  // The leader is the process that is number 1 inside; the program asked for is number 2.
  const inside = await lab.shell(`
    for p in $(find /sys/fs/cgroup/machine.slice/${name}.scope -name cgroup.procs -exec cat {} +); do
      echo $p $(awk '/^NSpid:/ { print $NF }' /proc/$p/status); done`);
  const pidOf = (number: number) => new RegExp(`^(\\d+) ${number}$`, 'm').exec(inside)?.[1];
  const supervisor = await mainPid(lab, `nspawn-${name}.service`);
  await learn(lab, values, {
    [`${name}.leader`]: Number(pidOf(1)),
    [`${name}.payload`]: Number(pidOf(2)),
    [`${name}.supervisor`]: supervisor,
  });
  const map = await lab.shell(`cat /proc/${pidOf(1)}/uid_map`);
  if (users === 'pick') values.learnRange(name, { start: Number(map.trim().split(/\s+/)[1]), count: 65536 });
  if (addresses === undefined || addresses.length === 0) return;
  await lab.shell(`ip link set ve-${name} up`);
  await addAddresses(lab, Number(pidOf(1)), addresses);
}

async function startBare(
  lab: Lab,
  described: ScenarioMachine,
  callers: ReadonlyMap<CallerName, Caller>,
  values: Values,
): Promise<void> {
  const { name, users, addresses, subgroup, parameters } = described;
  const by = described.by as 'root' | 'subgroup' | 'inside';
  const caller = callers.get(by);
  if (caller === undefined) throw new Error(`nobody is called ${by}`);
  const leader = by === 'inside' ? caller.pid : await startLeader(lab, described);
  if (typeof users === 'object') {
    for (const map of ['uid', 'gid'] as const) {
      await lab.shell(`cat >/proc/${leader}/${map}_map <<'END'\n${users[map]}\nEND`);
    }
  }
  if (addresses !== undefined && addresses.length > 0) {
    const outside = `v${leader}`;
    await lab.shell(
      described.macvlan === true
        ? // With the same index each time.
          `ip link add link lab0 name host0 index 77 netns ${leader} type macvlan`
        : `ip link add ${outside} type veth peer name host0 netns ${leader}
          ip link set ${outside} up`,
    );
    await addAddresses(lab, leader, addresses, described.inside);
  }
  await learn(lab, values, { [`${name}.leader`]: leader });
  if (by === 'root') {
    const others = await lab.shell(`pgrep -f '^sleep 99999' --cgroup /system.slice/${unitOf(described)}`);
    await learn(lab, values, { [`${name}.other`]: Number(others) });
  }
  const what = { name, class: described.class, ...(by === 'inside' ? {} : { leader }), ...parameters };
  const { messages } = await caller.ask({
    do: 'varlink',
    path: '/run/systemd/machine/io.systemd.Machine',
    bytes: Buffer.from(`${machine('Register', what)}\0`).toString('base64'),
  });
  const answer = Buffer.from(messages[0] ?? '', 'base64').toString();
  if (answer !== '{}') throw new Error(`${name}${subgroup ?? ''} is not registered: ${answer}`);
}

async function startLeader(lab: Lab, described: ScenarioMachine): Promise<number> {
  const unit = unitOf(described);
  const group = `/sys/fs/cgroup/system.slice/${unit}/${described.subgroup}`;
  const into = described.subgroup === undefined ? '' : `mkdir -p ${group}; echo 0 >${group}/cgroup.procs; `;
  const namespaces = `${described.users ? ' --user' : ''}${described.addresses ? ' --net' : ''}`;
  const exec = `exec ${namespaces === '' ? '' : `unshare${namespaces} `}sleep infinity`;
  await lab.shell(`systemd-run -q --collect -u ${unit} -p Delegate=yes bash -ec '${into}sleep 99999 & ${exec}'
    until [ "$(cat /proc/$(systemctl show -P MainPID ${unit})/comm)" = sleep ]; do :; done`);
  return mainPid(lab, unit);
}

async function addAddresses(
  lab: Lab,
  leader: number,
  addresses: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const commands = addresses.map((address) => {
    const scope = address.startsWith('169.254.') ? ' scope link' : '';
    return `ip address add ${address} dev host0${address.includes(':') ? ' nodad' : scope}`;
  });
  await lab.shell(`nsenter -t ${leader} -n bash -euc '
    ip link set host0 down; ip address flush dev host0; ip link set host0 addrgenmode none; ip link set host0 up
    ${commands.join('; ')}
    ${more.map((command) => `ip ${command}`).join('; ')}'
`);
}

/** PID of a unit's main process. */
export async function mainPid(lab: Lab, unit: string): Promise<number> {
  return Number(await lab.shell(`systemctl show -P MainPID ${unit}`));
}

/** Asks the kernel for the pidfd ids of processes and gives both to the values. */
export async function learn(
  lab: Lab,
  values: Pick<Values, 'learnProcess'>,
  pids: Readonly<Record<string, number>>,
): Promise<void> {
  const names = Object.keys(pids);
  const program = 'import os, sys\nfor p in sys.argv[1:]: print(os.fstat(os.pidfd_open(int(p))).st_ino)';
  const { status, stdout, stderr } = await lab.run('python3', '-c', program, ...names.map((name) => `${pids[name]}`));
  if (status !== 0) throw new Error(`no pidfd for ${JSON.stringify(pids)}: ${stderr}`);
  for (const [index, line] of stdout.trim().split('\n').entries()) {
    const name = names[index] as string;
    values.learnProcess(name, { pid: pids[name] as number, pidfdId: Number(line) } satisfies KnownProcess);
  }
}
