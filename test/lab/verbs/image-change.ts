import { type Verb, verbs } from './verb.ts';

/** Makes images of several types beside that of the container that runs. */
export const prepareImageChanges = `
  for n in 0 1 2 3 4 5 6 7; do [ -e /dev/loop$n ] || mknod -m 660 /dev/loop$n b 7 $n; done
  [ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
  mkdir -p /usr/lib/machines/vendor /etc/systemd/nspawn /var/lib/machines/i1/etc /var/lib/machines/.hidden
  cd /var/lib/machines; echo i1 >i1/etc/hostname; ln i1/etc/hostname i1/hard; chown 7:8 i1/hard; chmod 4711 i1/hard
  ln -s ../../etc/shadow i1/link; mkfifo i1/fifo; touch -h -d 2001-02-03T04:05:06 i1/etc/hostname i1/link i1/fifo i1/etc
  echo of i1 >i1.nspawn; echo hash >i1.roothash; echo '[Exec]' >/etc/systemd/nspawn/i1.nspawn
  head -c 1M /dev/zero >r1.raw; mkdir m1.mstack; touch file; ln -s /nowhere dangling`;

/** What is in the pool: what each file is, and which images there are. */
const pool = `ls -lAn --time-style=+ /var/lib/machines /etc/systemd/nspawn | sed -E 's/^([^ ]+ +[0-9]+ +[0-9]+ +[0-9]+) +4096/\\1 -/; /^total/d'
  machinectl list-images -a --no-legend | awk '{ print $1, $2, $3 }'; ls -A /run/systemd/nspawn/locks | wc -l`;

const shown = (name: string): string =>
  `machinectl show-image ${name} -p Name -p Path -p Type -p ReadOnly -p Limit -p LimitExclusive; machinectl image-status ${name} | grep -vE 'Created|Modified|Disk|Usage'`;

/** Each verb that changes an image, with its status, and what it leaves. */
const change = (command: string, ...after: string[]): Verb => ({
  id: `image changes: ${command}`,
  script: [`${command}; echo "status $?"`, ...after].join('\n'),
});

const MACHINE_IMAGE = '/run/systemd/machine/io.systemd.MachineImage';
const varlink = (method: string, parameters: object, flags = ''): Verb =>
  change(
    `varlinkctl call ${flags} -j ${MACHINE_IMAGE} io.systemd.MachineImage.${method} '${JSON.stringify(parameters)}'`,
  );

const BUS = 'busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager';

export const imageChangeVerbs: readonly Verb[] = [
  ...verbs('image changes', [pool, shown('i1'), shown('r1')]),
  change(
    'machinectl clone i1 i2',
    shown('i2'),
    'ls -lAnR --time-style=+%s /var/lib/machines/i2 | grep -v ^total | sed "/i2:/,/^d/s/ 4096 [0-9]* / /"',
  ),
  change('machinectl clone --read-only i1 i3', shown('i3'), 'touch /var/lib/machines/i3/new; echo "status $?"'),
  change('machinectl clone r1 r2', shown('r2'), 'cmp /var/lib/machines/r[12].raw; echo "status $?"'),
  change('machinectl clone --read-only r1 r3', shown('r3')),
  change('machinectl clone vendor mine', shown('mine')),
  change('machinectl clone .hidden seen'),
  // That of a container that runs.
  change('machinectl clone c1 c3', shown('c3')),
  ...['i1', 'r1', 'vendor', 'file', "''", '..', 'a/b', '.#x', `$'a\\tb'`].map((name) =>
    change(`machinectl clone i1 ${name}`),
  ),
  ...['nope', "''", '..', 'm1'].map((name) => change(`machinectl clone ${name} new`)),
  change('asAlice machinectl clone i1 new'),
  change('true', pool),
  change('machinectl rename i2 i4', shown('i4')),
  change('machinectl rename i3 i5', shown('i5')),
  change('machinectl rename r3 r5', shown('r5')),
  ...['i1', 'r1', 'vendor', 'file', "''", '..'].map((name) => change(`machinectl rename i4 ${name}`)),
  ...['c1', 'vendor', '.host', 'nope', 'm1'].map((name) => change(`machinectl rename ${name} new`)),
  change('asAlice machinectl rename i4 new'),
  change('true', pool),
  change('machinectl read-only i4', shown('i4'), 'touch /var/lib/machines/i4/new; echo "status $?"'),
  change('machinectl read-only i4 false', shown('i4'), 'touch /var/lib/machines/i4/new; echo "status $?"'),
  change('machinectl read-only r2', shown('r2')),
  change('machinectl read-only r2 no', shown('r2')),
  ...['c1', 'vendor', '.host', '.hidden', 'nope', 'm1'].map((name) => change(`machinectl read-only ${name}`)),
  ...['i1 1G', 'i1 -', 'r1 1G', 'vendor 1G', '.host 1G', 'nope 1G', '1G'].map((words) =>
    change(`machinectl set-limit ${words}`),
  ),
  change(`${BUS} SetImageLimit st i1 9223372036854775808`),
  varlink('Clone', { name: 'i1', newName: 'v1' }),
  varlink('Clone', { name: 'i1', newName: 'v1' }),
  varlink('Clone', { name: 'i1', newName: '..' }),
  varlink('Update', { name: 'v1', newName: 'v2', readOnly: true }),
  varlink('Update', { name: 'v2', readOnly: false, limit: 1000 }),
  varlink('Update', { name: 'v2' }),
  varlink('Update', { name: 'nope', readOnly: true }),
  varlink('SetPoolLimit', { limit: 1000 }),
  varlink('Remove', { name: 'v2' }),
  varlink('Remove', { name: 'v2' }),
  varlink('Remove', { name: '.host' }),
  varlink('Remove', { name: 'c1' }),
  varlink('CleanPool', { mode: 'hidden' }),
  change('machinectl remove i4 i5 r5'),
  ...['c1', 'vendor', '.host', 'nope'].map((name) => change(`machinectl remove ${name}`)),
  change('asAlice machinectl remove i1'),
  change('true', pool),
  change('machinectl clean', pool),
  // What is started later stays.
  change('mv /var/lib/machines/c2 /srv; machinectl clean --all 2>&1 | sort; mv /srv/c2 /var/lib/machines', pool),
  ...blockVerbs(),
  ...subvolumeVerbs(),
];

function blockVerbs(): Verb[] {
  const path = `sed -E 's/loop[0-9]+/loop/'`;
  return [
    change(
      'truncate -s 4M /srv/disk; ln -s $(losetup -f --show /srv/disk) /var/lib/machines/b1',
      `machinectl list-images | ${path} | awk '/^b1/ { print $1, $2, $3 }'`,
    ),
    change('machinectl clone b1 b2'),
    change('machinectl rename b1 b2'),
    change('machinectl read-only b1', 'blockdev --getro /var/lib/machines/b1; machinectl show-image -P ReadOnly b1'),
    change(
      'machinectl read-only b1 false',
      'blockdev --getro /var/lib/machines/b1; machinectl show-image -P ReadOnly b1',
    ),
    change('machinectl set-limit b1 1G'),
    change(
      'machinectl remove b1',
      'ls -A /var/lib/machines',
      'losetup -d $(readlink /var/lib/machines/b1); rm /var/lib/machines/b1 /srv/disk',
    ),
  ];
}

/** The same with a pool on btrfs, over that of before. */
function subvolumeVerbs(): Verb[] {
  // While the kernel still counts what was there before quotas were on, the next command warns of that.
  const counted = 'btrfs -q quota rescan -W /var/lib/machines 2>/dev/null';
  const groups = `${counted}; btrfs qgroup show -pcre --raw /var/lib/machines | sed 's/ *$//' | awk '/^2|^0/ { print $1, $4, $5, $6 }'`;
  const state = `for each in /var/lib/machines/*; do echo $each $(btrfs property get $each ro 2>&1); done; ${groups}`;
  return [
    change(
      'truncate -s 512M /srv/pool; mkfs.btrfs -q /srv/pool; mount -o loop /srv/pool /var/lib/machines; cd /var/lib/machines; btrfs -q subvolume create s1; btrfs -q subvolume create s1/in; echo x >s1/in/f; mkdir d1',
    ),
    change('machinectl set-limit 200M', 'machinectl show -p PoolPath -p PoolLimit', groups),
    change('machinectl set-limit s1 100M', shown('s1'), groups),
    change('machinectl clone s1 s2', shown('s2'), 'cat /var/lib/machines/s2/in/f', state),
    change('machinectl clone --read-only s1 s3', shown('s3'), state),
    change('machinectl clone d1 d2', shown('d2'), state),
    change('machinectl clone --read-only d1 d3', shown('d3')),
    change('machinectl set-limit s2 -', shown('s2'), groups),
    change('machinectl set-limit d1 5M'),
    change('machinectl rename s3 s4', shown('s4')),
    change('machinectl read-only s4 no', shown('s4')),
    change('machinectl read-only s2', shown('s2')),
    change('machinectl remove s2 s4 d1 d3', state.replace(/; btrfs -q quota.*/, '')),
    change('machinectl set-limit -- -', 'machinectl show -p PoolLimit'),
    change('cd /; umount /var/lib/machines; rm /srv/pool'),
  ];
}
