import type { Question } from '../../question.ts';
import { ask, askScript } from './ask.ts';

const bus = 'org.freedesktop.machine1';
const root = `/${bus.replaceAll('.', '/')}`;
const socket = '/run/systemd/machine/io.systemd.Machine';
const pool = '/var/lib/machines';

/** One of each kind, and what is none; on two file systems, and in each directory that is searched. */
const setUp = `
  set -e
  # Each lab has a name of its own.
  cp /etc/hostname /root/hostname; echo host >/etc/hostname
  mkdir -p /etc/machines /run/machines /var/lib/container /usr/local/lib/machines /usr/lib/machines /srv
  cd ${pool}
  mkdir dir .hidden .#dir1234 'sp ace' x+y@z ü x.raw-not dir.raw bare system
  mkdir -p system/etc system/usr/lib layers.mstack/layer@0 layers.mstack/rw
  echo ' my_host.' >system/etc/hostname
  echo 0123456789ABCDEF0123456789abcdef >system/etc/machine-id
  printf 'PRETTY_HOSTNAME="A b"\\n# none\\nICON_NAME=x\\nEMPTY=\\n' >system/etc/machine-info
  printf 'ID=small\\nNAME="Small \\\\"Root\\\\""\\nID=other\\n' >system/usr/lib/os-release
  ln -s ../../../../usr/lib/os-release system/etc/os-release
  truncate -s 1M disk.raw .hidden-disk.raw locked.raw /srv/linked.img
  dd if=/dev/zero of=disk.raw bs=4k count=3 conv=notrunc status=none
  chmod 444 locked.raw
  touch file.txt .raw; mkfifo fifo; ln -s /nowhere dangling
  mkdir versions.v versions.v/versions_{1,9,10,11+0-3,12_arm64,0_x86-64} disks.raw.v none.v .v
  touch disks.raw.v/disks_{1.2,1.10,1.10~rc1,2+x}.raw disks.raw.v/other_9.raw
  ln -s ${pool}/dir /run/machines/link
  ln -s /srv/linked.img /run/machines/linked.raw
  ln -s /srv/linked.img /run/machines/unnamed
  mkdir /etc/machines/dir /run/machines/runs /var/lib/container/old /usr/local/lib/machines/local /usr/lib/machines/vendor
  for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n; done
  [ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
  truncate -s 200M /srv/btrfs
  mkfs.btrfs -q /srv/btrfs
  mkdir /srv/pool
  mount -o loop /srv/btrfs /srv/pool
  btrfs -q subvolume create /srv/pool/subvolume
  btrfs -q subvolume create /srv/pool/sealed
  btrfs -q subvolume create /srv/pool/limited
  btrfs quota enable /srv/pool
  btrfs quota rescan -w /srv/pool >/dev/null
  btrfs qgroup limit 50M /srv/pool/limited
  btrfs property set /srv/pool/sealed ro true
  mkdir /srv/pool/plain
  for n in subvolume sealed limited plain; do ln -s /srv/pool/$n /run/machines; done
  mount -o bind,ro /srv/pool/plain /srv/pool/plain
  sync -f /srv/pool`;

const takeDown = `
  cp /root/hostname /etc/hostname
  umount /srv/pool/plain /srv/pool
  # The machines' directories are there, too.
  cd ${pool} && rm -rf dir .hidden .#dir1234 'sp ace' x+y@z ü x.raw-not dir.raw bare system layers.mstack \\
    disk.raw .hidden-disk.raw locked.raw file.txt .raw fifo dangling versions.v disks.raw.v none.v .v
  rm -rf /etc/machines /run/machines /var/lib/container /usr/local/lib/machines /usr/lib/machines/vendor /srv/*`;

const names = [
  ...['dir', '.hidden', 'sp ace', 'x+y@z', 'ü', 'x.raw-not', 'bare', 'system', 'layers', 'disk', '.hidden-disk'],
  ...['locked', 'versions', 'disks', 'link', 'linked', 'runs', 'old', 'local', 'vendor', 'subvolume', 'sealed'],
  ...['limited', 'plain', '.host', 'nope', 'unnamed', 'file.txt', 'fifo', 'dangling', 'none', '', 'a/b', '.#dir1234'],
  ...['disk.raw', 'dir.raw', 'layers.mstack'],
];
const quoted = (name: string): string => `'${name}'`;
const varlink = (parameters: object, flags = ''): string =>
  `varlinkctl call ${flags} ${socket} io.systemd.MachineImage.List '${JSON.stringify(parameters)}' 2>&1`;
const manager = (method: string, ...parameters: string[]): string =>
  `gdbus call -y -d ${bus} -o ${root} -m ${bus}.Manager.${method} -- ${parameters.map(quoted).join(' ')}`;
const object = (name: string): string =>
  `${root}/image/${name.replace(/^[0-9]|[^A-Za-z0-9]/gu, (c) => Buffer.from(c).toString('hex').replace(/../g, '_$&'))}`;

const looking = [
  // In the order of a hash table.
  `${varlink({}, '--more')} | sort`,
  varlink({}),
  ...names.map((name) => varlink({ name })),
  ...['.host', 'system', 'bare', 'subvolume', 'link', 'layers'].flatMap((name) => [
    varlink({ name, acquireMetadata: 'yes' }),
    varlink({ name, acquireMetadata: 'graceful' }),
  ]),
  varlink({ name: 'disk', acquireMetadata: 'graceful' }),
  varlink({ acquireMetadata: 'nonsense' }, '--more'),
  'machinectl list-images',
  'machinectl list-images --all',
  'machinectl image-status',
  'machinectl show-image',
  ...['dir', 'system', 'disk', 'vendor', 'limited', '.host', 'nope'].flatMap((name) => [
    `machinectl show-image ${name}`,
    `machinectl show-image --all ${name}`,
    `machinectl image-status ${name}`,
  ]),
  `busctl --json=short call ${bus} ${root} ${bus}.Manager ListImages | jq -c '.data[0] | sort | .[]'`,
  ...names.map((name) => manager('GetImage', name)),
  ...['.host', 'system', 'bare', 'subvolume', 'layers', 'nope', 'a/b', ''].flatMap((name) =>
    ['Hostname', 'MachineID', 'MachineInfo', 'OSRelease'].map((what) => manager(`GetImage${what}`, name)),
  ),
  `busctl tree --list ${bus}`,
  ...['system', 'ü', 'nope'].flatMap((name) => [
    `busctl introspect --xml-interface ${bus} ${object(name)}`,
    `gdbus call -y -d ${bus} -o ${object(name)} -m org.freedesktop.DBus.Properties.GetAll ${bus}.Image`,
    ...['GetHostname', 'GetMachineID', 'GetMachineInfo', 'GetOSRelease'].map(
      (method) => `gdbus call -y -d ${bus} -o ${object(name)} -m ${bus}.Image.${method}`,
    ),
  ]),
  `varlinkctl introspect ${socket} io.systemd.MachineImage | grep -v '^\\s*#'`,
];

/** What is wrong with a change is said before it is made. */
const wrong = [
  ...['', 'a/b', '.#x', 'nope'].flatMap((name) => [
    manager('RemoveImage', name),
    manager('RenameImage', name, 'other'),
    manager('CloneImage', name, 'other', 'false'),
    manager('MarkImageReadOnly', name, 'true'),
    manager('SetImageLimit', name, '5'),
  ]),
  ...['', 'a/b', '..', '.#x'].flatMap((name) => [
    manager('RenameImage', 'dir', name),
    manager('CloneImage', 'dir', name, 'false'),
  ]),
  manager('SetImageLimit', 'subvolume', '18446744073709551614'),
  manager('SetPoolLimit', '18446744073709551614'),
  manager('CleanPool', 'nonsense'),
];

/** Images of all kinds, which are there while this area is asked. */
export const imageQuestions: readonly Question[] = [
  askScript('images are made', setUp),
  ...ask('images', looking),
  ...ask('images', wrong),
  ...ask(
    'images',
    [...looking, ...wrong].filter((command) => !/show-image|image-status/.test(command)),
    'alice',
  ),
  askScript('images are gone', takeDown),
];
