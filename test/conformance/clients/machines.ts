import type { Lab, Suite } from '../../support/lab.ts';
import { learn, mainPid } from '../machines.ts';
import type { Volatile } from './volatile.ts';

/** Shell functions that questions may use as well: they start and end containers and wait for what is to come of it. */
export const shellFunctions = `
  MANAGER='org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager'
  # Runs a command until it succeeds, for at most five seconds; what it prints is of no interest.
  await() { local n; for ((n = 0; n < 250; n++)); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep .02; done; return 1; }
  gone() { ! machinectl show "$1"; }
  id_of() { printf '%032x' "0x$(echo -n "$1" | od -An -tx1 | tr -d ' \\n')"; }
  inactive() { ! systemctl is-active -q "$@"; }
  unloaded() { [ "$(systemctl show -P LoadState "$1")" = not-found ]; }
  # start NAME [OPTION …] -- COMMAND …: a container of unmodified systemd-nspawn, until it is in the registry and the
  # program runs. A systemd-nspawn that was killed before leaves a mount point that the next one does not put up with.
  start() {
    local name=$1 options=(); shift
    while [ "$1" != -- ]; do options+=("$1"); shift; done; shift
    systemctl stop -q "nspawn-$name" 2>/dev/null || true
    await unloaded "nspawn-$name"
    umount -q "/run/systemd/nspawn/$name/unix-export" 2>/dev/null || true; rm -rf "/run/systemd/nspawn/$name"
    systemd-run -q --collect -u "nspawn-$name" systemd-nspawn -q -D "/var/lib/machines/$name" -M "$name" \\
      --uuid="$(id_of "$name")" --as-pid2 --private-users=pick --private-users-ownership=auto "\${options[@]}" "$@"
    await test -s "/run/systemd/machines/$name" &&
      await runs "$name" "$1" ||
      { journalctl -o cat -u "nspawn-$name"; systemctl stop "nspawn-$name"; return 1; }
  }
  # All processes in the control group of the leader.
  processes_of() { cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(leader_of "$1")/cgroup")/cgroup.procs"; }
  runs() { local p; for p in $(processes_of "$1"); do [ "$(cat "/proc/$p/comm")" != "$2" ] || return 0; done; return 1; }
  unit_of() { sed -n 's/^SCOPE=//p' "/run/systemd/machines/$1"; }
  leader_of() { sed -n 's/^LEADER=//p' "/run/systemd/machines/$1"; }
`;

/** Makes a root directory, from the lab's own bash, coreutils and libraries. */
const makeRoot = `
  make_root() {
    local R=/var/lib/machines/$1 file
    mkdir -p $R/{bin,etc,proc,sys,dev,tmp,run,root,var,usr/bin,usr/lib}
    for file in bash sleep; do cp -L $(command -v $file) $R/bin/; done; ln -s bash $R/bin/sh
    ldd $R/bin/bash $R/bin/sleep | grep -oE '/[^ :]+' | grep -v ^$R | sort -u |
      while read -r file; do mkdir -p $R$(dirname $file); cp -L $file $R$file; done
    echo root:x:0:0::/root:/bin/bash >$R/etc/passwd; echo root:x:0: >$R/etc/group
    printf 'ID=small\\nVERSION_ID=1.5\\nPRETTY_NAME="Small Root"\\n' >$R/etc/os-release
  }
`;

/** What the containers run: it writes down each signal that it gets, and lives on. */
const payload = `'
  for s in TERM USR1 USR2; do trap "echo $s >>/signals" $s; done
  while :; do sleep infinity & wait; done'`;

/** Machines of the lab, as the questions name them. */
export const containers: readonly string[] = ['noip', 'one', 'many'];
const processes: readonly string[] = ['plain', 'guest'];

/** systemd 252 knows no virtual machine by more than this. */
const registerGuest: Readonly<Record<Suite, string>> = {
  forky: `RegisterMachineEx 'sa(sv)' guest 10 \\
    Id ay 16 $(seq -s ' ' 1 16) Service s 'some hypervisor' Class s vm LeaderPID u $V LeaderPIDFDID t $(pid_id $V) \\
    RootDirectory s /srv/guest NetworkInterfaces ai 1 1 VSockCID u 42 SSHAddress s vsock/42 SSHPrivateKeyPath s /srv/key`,
  bookworm: `RegisterMachineWithNetwork sayssusai guest 16 $(seq -s ' ' 1 16) 'some hypervisor' vm $V /srv/guest 1 1`,
};

/** Has the lab's processes in a range of numbers that nothing else is in, and makes what the machines are made of. */
export async function prepareLab(lab: Lab, volatile: Volatile): Promise<void> {
  await lab.shell(`
    echo $(( $(cat /proc/sys/kernel/pid_max) - 20000 )) >/proc/sys/kernel/ns_last_pid
    useradd alice
    # Nobody else who might know a name, and who would take his time.
    sed -i 's/^hosts:.*/hosts: files mymachines/' /etc/nsswitch.conf
    # No address made of a random hardware address.
    echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
    ${makeRoot} ${[...containers, 'short', 'loud'].map((name) => `make_root ${name}`).join('; ')}
  `);
  volatile.learnId('host.id', (await lab.shell('cat /etc/machine-id')).trim());
}

/**
 * Starts the machines: three containers with no address, with one, and with 22 and an IPv6 address, as systemd's own
 * test of libnss_mymachines has them; a process and a virtual machine that are registered by hand.
 */
export async function startMachines(lab: Lab, volatile: Volatile, suite: Suite): Promise<void> {
  const facts = await lab.shell(`${shellFunctions}
    for name in ${containers.join(' ')}; do start $name --network-veth -- bash -c ${payload}; done
    up() {
      ip link set ve-$1 up
      nsenter -t $(leader_of $1) -n sh -c 'ip link set host0 down; ip link set host0 addrgenmode none up'
    }
    inside() { nsenter -t $(leader_of $1) -n ip -batch -; }
    for name in one many; do up $name; done
    ip address add 10.1.0.1/24 dev ve-one
    ip address add 10.2.0.1/24 dev ve-many
    ip address add fd00:dead:beef:cafe::1/64 dev ve-many nodad
    echo address add 10.1.0.2/24 dev host0 | inside one
    { for n in 2 $(seq 100 120); do echo address add 10.2.0.$n/24 dev host0; done
      echo address add fd00:dead:beef:cafe::2/64 dev host0 nodad; } | inside many

    # as NAME COMMAND …: runs a program as a process that is told of.
    as() { python3 -c 'import os, sys
pid = os.getpid()
print(f"{sys.argv[1]}.pid={pid}\\n{sys.argv[1]}.pidfdid={os.fstat(os.pidfd_open(pid)).st_ino}", flush=True)
os.execvp(sys.argv[2], sys.argv[2:])' "$@"; }
    pid_id() { python3 -c 'import os,sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' $1; }
    main_pid() { systemctl show -P MainPID $1; }
    for name in ${processes.join(' ')}; do systemd-run -q --collect -u leader-$name sleep infinity; done
    as plain.supervisor busctl call -q $MANAGER RegisterMachineWithNetwork sayssusai plain 0 'my tool' container \\
      $(main_pid leader-plain) /srv/plain 0
    V=$(main_pid leader-guest)
    as guest.supervisor busctl call -q $MANAGER ${registerGuest[suite]}

    echo host.leader.pidfdid=$(pid_id 1)
    for name in ${[...containers, ...processes].join(' ')}; do
      sed -nE "s/^(REALTIME|MONOTONIC)=/$name.\\1=/p" /run/systemd/machines/$name
    done`);
  for (const [, name = '', value] of facts.matchAll(/^(\S+)=(\d+)$/gm))
    volatile.learn(name.toLowerCase(), Number(value));
  for (const name of containers) {
    const supervisor = await mainPid(lab, `nspawn-${name}`);
    const leader = await lab.shell(`for p in $(pgrep -P ${supervisor}); do
      if grep -q '^NSpid:.*\\b1$' /proc/$p/status; then echo $p; fi; done`);
    await learn(lab, volatile, { [`${name}.leader`]: Number(leader), [`${name}.supervisor`]: supervisor });
  }
  for (const name of processes)
    await learn(lab, volatile, { [`${name}.leader`]: await mainPid(lab, `leader-${name}`) });
}
