import { type Verb, verbs } from './verb.ts';

/** Images of each kind that there can be without devices. */
export const prepareImages = `
  mkdir -p /var/lib/machines/tree/etc /var/lib/machines/.hidden /var/lib/machines/second
  printf 'ID=tiny\\nVERSION_ID=1\\nPRETTY_NAME="Tiny 1"\\n' >/var/lib/machines/tree/etc/os-release
  echo tree-host >/var/lib/machines/tree/etc/hostname; echo 00112233445566778899aabbccddeeff >/var/lib/machines/tree/etc/machine-id
  printf 'CHASSIS=container\\n' >/var/lib/machines/tree/etc/machine-info
  truncate -s 4M /var/lib/machines/disk.raw; truncate -s 1M /var/lib/machines/.hidden.raw
  touch -d @1700000000 /var/lib/machines/tree /var/lib/machines/disk.raw`;

/** A method of io.systemd.MachineImage. */
export const image = (method: string, parameters = '{}', more = ''): string =>
  `varlinkctl call ${more} -j $socket io.systemd.MachineImage.${method} '${parameters}'; echo "status $?"`;

/** What images there are, and what they say of themselves. */
export const imageVerbs: readonly Verb[] = [
  ...verbs('image', [
    'machinectl list-images',
    'machinectl list-images --all --no-legend',
    'machinectl image-status tree; echo "status $?"',
    'machinectl image-status disk; echo "status $?"',
    'machinectl image-status nope; echo "status $?"',
    'machinectl show-image tree; echo "status $?"',
    'machinectl show-image disk -p Name -p Type -p Path -p ReadOnly -p Limit',
    'machinectl show-image .host -p Name -p Type -p Path',
    'machinectl show-image; echo "status $?"',
    'machinectl clone nope other; echo "status $?"',
    'machinectl remove nope; echo "status $?"',
    'machinectl set-limit tree 1G; echo "status $?"',
    'machinectl start nope; echo "status $?"',
    'busctl tree --list org.freedesktop.machine1 | grep image | sort',
  ]),
  {
    id: 'image: what is in it, over D-Bus',
    script: `call() { busctl -j call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager "$@"; echo "status $?"; }
      for name in tree second nope; do
        for method in GetImageHostname GetImageMachineID GetImageMachineInfo GetImageOSRelease; do call $method s $name; done
      done; call GetImage s tree; call GetImage s nope`,
  },
  {
    id: 'image: over Varlink',
    script: `${image('List', '{"name":"tree"}')}; ${image('List', '{"name":"nope"}')}; ${image('List')}
      ${image('List', '{"name":"tree","acquireMetadata":"yes"}')}
      varlinkctl call --more -j $socket io.systemd.MachineImage.List '{}' | tr -d '\\036' | jq -r .name | sort
      ${image('Clone', '{"name":"nope","newName":"cloned"}')}; ${image('Remove', '{"name":"nope"}')}
      ${image('SetPoolLimit', '{"limit":1073741824}')}`,
  },
];
