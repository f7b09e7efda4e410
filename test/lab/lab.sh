#!/bin/bash
# A Debian system with a real systemd as PID 1, in namespaces and a control group of its own on this machine. In it run
# the unmodified systemd-machined and the unmodified clients (systemd-nspawn, machinectl, userdbctl, varlinkctl,
# resolvectl, busctl, getent with libnss_systemd and libnss_mymachines), so that this project can be held against them.
#
#   lab.sh build            install the base system once: needs root, Debian's packages, a minute
#   lab.sh up               boot it: half a second
#   lab.sh hold             boot it, print "up PID", and take it down when standard input ends, whoever dies first
#   lab.sh run CMD [ARG …]  run a command inside, in no unit
#   lab.sh shell            a root shell inside
#   lab.sh log              what its systemd printed
#   lab.sh down             stop it; all that was written inside is thrown away
#
#   LAB_NAME    which lab, also its host name (lab); several can be up at a time
#   LAB_SUITE   Debian suite (forky)
#   LAB_BINDS   DIRECTORY:NAME pairs that appear at /NAME, read-only; DIRECTORY:NAME:rw may be written
#   LAB_NODE    the node to put at /usr/local/bin/node (the one in PATH, if any)
#   LAB_CACHE   where base systems and running labs are kept (/var/cache/mymachines-lab)
#   LAB_MIRROR  Debian mirror to install from (the one that apt on this machine uses)
#
# Nothing inside can reach beyond this machine: its network namespace has a loopback device only.
set -Eeuo pipefail
trap 'echo "lab: line $LINENO failed: $BASH_COMMAND" >&2' ERR

NAME=${LAB_NAME:-lab}
SUITE=${LAB_SUITE:-forky}
CACHE=${LAB_CACHE:-/var/cache/mymachines-lab}
STATE=$CACHE/state/$NAME
PACKAGES=systemd,systemd-sysv,systemd-container,libpam-systemd,polkitd,libnss-mymachines,libnss-systemd,systemd-userdbd
PACKAGES+=,systemd-resolved,libnss-resolve,dbus,libglib2.0-bin,iproute2,iputils-ping,util-linux,procps,python3,strace
PACKAGES+=,jq,bind9-dnsutils,btrfs-progs
# Another list is another base: labs that are up go on with theirs.
BASE=$CACHE/$SUITE-$(cksum <<<"$PACKAGES" | cut -d ' ' -f 1)

die() { echo "lab: $*" >&2; exit 1; }

mirror() {
  if [[ -n ${LAB_MIRROR:-} ]]; then echo "$LAB_MIRROR"; return; fi
  local sources=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources)
  # Both formats of sources.list(5); security mirrors and other vendors' repositories do not have the suite.
  { cat "${sources[@]}" 2>/dev/null || true; } | sed -nE \
    -e 's/^deb(-src)? (\[[^]]*\] )?([a-z]+:\/\/[^ ]*\/debian)\/? .*/\3/p' \
    -e 's/^URIs: *([a-z]+:\/\/[^ ]*\/debian)\/?( .*)?$/\1/p' | sed q
}

build() {
  if [[ -e $BASE/.complete ]]; then return; fi
  mkdir -p "$CACHE"
  exec 8>"$CACHE/$SUITE.lock"
  flock 8
  if [[ -e $BASE/.complete ]]; then exec 8>&-; return; fi
  local log=$CACHE/$SUITE.log from script=/usr/share/debootstrap/scripts/$SUITE
  if ! command -v debootstrap >/dev/null; then
    # test/support/apt-get.ts has the same lock.
    flock "$CACHE/apt-get.lock" sh -c 'apt-get update -q && apt-get install -y -q debootstrap' >"$log" 2>&1 8>&- ||
      die "debootstrap is not installed and cannot be: $(tail -n1 "$log")"
  fi
  from=$(mirror)
  [[ -n $from ]] || die "apt on this machine has no Debian mirror: set LAB_MIRROR"
  # An older debootstrap does not know a newer suite by name; all of them are built like unstable.
  [[ -e $script ]] || script=/usr/share/debootstrap/scripts/sid
  rm -rf --one-file-system "$BASE" "$BASE.partial"
  debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$BASE.partial" "$from" "$script" >"$log" 2>&1 8>&- ||
    die "debootstrap $SUITE from $from failed: $(tail -n1 "$log") (all of it in $log)"
  rm -f "$BASE.partial"/var/cache/apt/archives/*.deb
  [[ -x $BASE.partial/usr/lib/systemd/systemd-machined ]] || die "no systemd-machined in what debootstrap made: see $log"
  touch "$BASE.partial/.complete"
  mv "$BASE.partial" "$BASE"
  exec 8>&-
}

# Runs as PID 1 of the new PID namespace, with the host's files still in sight.
enter() {
  set -e
  mount --make-rprivate /
  local layers="lowerdir=$BASE,upperdir=$STATE/upper,workdir=$STATE/work"
  if ! mount -t overlay overlay -o "$layers" "$R"; then
    # In a container the cache is itself on an overlay, which cannot be written through another.
    mount -t tmpfs tmpfs "$STATE"
    mkdir -p "$STATE"/{upper,work,root,machines}
    mount -t overlay overlay -o "$layers" "$R"
  fi
  mount -t proc proc "$R/proc"
  mount -t sysfs sysfs "$R/sys"
  mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
  mkdir -p "$R/sys/fs/cgroup$CGROUP"
  echo 0 >"$R/sys/fs/cgroup$CGROUP/cgroup.procs"
  umount "$R/sys/fs/cgroup"
  exec unshare --cgroup bash -ec "$(declare -f boot); boot"
}

# The same process, in its control group, which from now on is the root of all it sees.
boot() {
  mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
  mount -t tmpfs tmpfs "$R/dev" -o mode=755
  for d in null zero full random urandom tty; do touch "$R/dev/$d"; mount --bind "/dev/$d" "$R/dev/$d"; done
  mkdir "$R/dev/pts" "$R/dev/shm"
  mount -t devpts devpts "$R/dev/pts" -o newinstance,ptmxmode=0666,mode=620,gid=5
  ln -s pts/ptmx "$R/dev/ptmx"; ln -s /proc/self/fd "$R/dev/fd"
  mount -t tmpfs tmpfs "$R/dev/shm"
  mount -t tmpfs tmpfs "$R/run" -o mode=755
  mount -t tmpfs tmpfs "$R/tmp"
  # systemd-nspawn makes overlays and idmapped mounts here, which an overlay cannot be the ground for.
  mkdir -p "$R/var/lib/machines"; mount --bind "$STATE/machines" "$R/var/lib/machines"
  if [[ -n $NODE ]]; then touch "$R/usr/local/bin/node"; mount --bind "$NODE" "$R/usr/local/bin/node"; fi
  for b in $BINDS; do
    IFS=: read -r from to mode <<<"$b"
    mkdir -p "$R/$to"; mount --bind "$from" "$R/$to"
    [[ $mode == rw ]] || mount -o remount,bind,ro "$R/$to"
  done
  echo "$NAME" >"$R/etc/hostname"; hostname "$NAME"
  mkdir -p "$R/tmp/old"; cd "$R"; pivot_root . tmp/old; cd /
  umount -l /tmp/old; rmdir /tmp/old
  ip link set lo up
  exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux \
    /usr/lib/systemd/systemd --log-target=console --show-status=0
}

# Prints the PID of a process's first child, by /proc alone: a small Debian has no procps.
child() { { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed -nE "s/^([0-9]+) \\(.*\\) [A-Z] $1 .*/\\1/p" | head -n1; }

# True while the process with this PID is a systemd; a zombie has no program.
is_systemd() { [[ $(readlink "/proc/$1/exe" 2>/dev/null) == */systemd ]]; }

# Prints the PID of the running lab's PID 1, as this machine sees it.
init() {
  local pid
  pid=$(cat "$STATE/pid" 2>/dev/null) && is_systemd "$pid" && echo "$pid"
}

# $1: a command that ties the lab's life to that of this script, or nothing.
up() {
  build
  if init >/dev/null; then die "$NAME is up already"; fi
  down
  mkdir -p "$STATE"/{upper,work,root,machines}
  local cgroup; cgroup=$(sed -n 's/^0:://p' /proc/self/cgroup)
  cgroup=${cgroup%/}/mymachines-lab-$NAME
  echo "$cgroup" >"$STATE/cgroup"
  export NAME STATE BASE R=$STATE/root CGROUP=$cgroup BINDS=${LAB_BINDS:-}
  export NODE=${LAB_NODE-$(command -v node || true)}
  [[ -z $NODE ]] || NODE=$(readlink -f "$NODE")
  setsid $1 unshare --mount --pid --uts --ipc --net --fork --kill-child \
    bash -c "$(declare -f enter boot); enter" >"$STATE/log" 2>&1 </dev/null &
  local parent=$! pid= n
  for ((n = 0; n < 100; n++)); do
    pid=$(child "$parent")
    if [[ -n $pid ]] && is_systemd "$pid"; then break; fi
    kill -0 "$parent" 2>/dev/null || break
    sleep .05
  done
  { [[ -n $pid ]] && is_systemd "$pid"; } || die "$NAME did not start: $(tail -n3 "$STATE/log")"
  # At once, for who sweeps takes a lab with no PID in it for one that is gone.
  echo "$pid" >"$STATE/pid.new"
  mv "$STATE/pid.new" "$STATE/pid"
  for ((n = 0; n < 300; n++)); do
    case $(run systemctl is-system-running 2>/dev/null || true) in running | degraded) return 0 ;; esac
    sleep .1
  done
  die "$NAME did not come up: see $STATE/log"
}

run() {
  local pid; pid=$(init) || die "$NAME is not up"
  nsenter -t "$pid" -m -p -u -i -n -C env -C / -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 "$@"
}

down() {
  local pid n groups
  if pid=$(init); then
    kill -9 "$pid" 2>/dev/null || true
    for ((n = 0; n < 100; n++)); do is_systemd "$pid" || break; sleep .05; done
  fi
  groups=$(findmnt -n -t cgroup2 -o TARGET | head -n1)$(cat "$STATE/cgroup" 2>/dev/null || true)
  if [[ $groups == */mymachines-lab-"$NAME" ]]; then
    # The kernel needs a moment to let go of the last processes.
    for ((n = 0; n < 40; n++)); do
      [[ -d $groups ]] || break
      find "$groups" -depth -type d -exec rmdir {} + 2>/dev/null || sleep .05
    done
  fi
  rm -rf --one-file-system "$STATE"
}

hold() {
  trap down EXIT
  trap 'exit 129' HUP INT TERM
  sweep
  # Should this script be killed without a chance to do its work, the kernel kills what it started.
  up "setpriv --pdeathsig KILL"
  echo "up $(init)"
  while read -r _; do :; done
}

# Labs that were held by a script that was killed: their processes are gone, their files are not.
sweep() {
  local old
  for old in "$CACHE"/state/*/; do
    NAME=$(basename "$old") STATE=${old%/}
    # Or somebody takes it down at this moment, and either finds nothing more to do.
    if [[ -e $STATE/pid ]] && ! init >/dev/null; then down || true; fi
  done
  NAME=${LAB_NAME:-lab} STATE=$CACHE/state/$NAME
}

[[ $NAME =~ ^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$ ]] || die "LAB_NAME: small letters, digits and hyphens, not '$NAME'"
case ${1:-} in
  build | up | hold | run | shell | log | down) [[ $(id -u) == 0 ]] || die "needs root" ;;
  *) sed -n '2,22s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
case ${1:-} in
  build) build ;;
  up) up "" ;;
  hold) hold ;;
  run) shift; run "$@" || exit ;;
  shell) run bash -l || exit ;;
  log) cat "$STATE/log" ;;
  down) down ;;
esac
