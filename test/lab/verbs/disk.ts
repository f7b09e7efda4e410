import type { Verb } from './verb.ts';

/** Partition tables and headers that no program of the lab makes. */
const python = `
import os, struct, uuid, zlib
def partitioned(content, name):
    sectors = len(content) // 512 + 4096
    root = uuid.UUID('4f68bce3-e8cd-4db1-96e7-fbcaf984b709')
    entry = struct.pack('<16s16sQQQ72s', root.bytes_le, uuid.uuid4().bytes_le, 2048, 2047 + len(content) // 512, 0, b'')
    entries = entry.ljust(128 * 128, b'\\0')
    def header(here, other, table):
        def packed(crc):
            return struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, crc, 0, here, other, 34, sectors - 34,
                               uuid.UUID(int=7).bytes_le, table, 128, 128, zlib.crc32(entries))
        return packed(zlib.crc32(packed(0))).ljust(512, b'\\0')
    protective = struct.pack('<446xB3sB3sII48x2s', 0, b'\\0\\2\\0', 0xee, b'\\xff\\xff\\xff', 1, sectors - 1, b'\\x55\\xaa')
    with open(name, 'wb') as file:
        file.write(protective + header(1, sectors - 1, 2) + entries)
        file.seek(2048 * 512); file.write(content)
        file.seek((sectors - 33) * 512); file.write(entries + header(sectors - 1, 1, sectors - 33))
luks = struct.pack('>6sH', b'LUKS\\xba\\xbe', 1).ljust(1 << 20, b'\\0')
with open('luks.raw', 'wb') as file: file.write(luks)
with open('bare.raw', 'rb') as file: partitioned(file.read(), 'table.raw')
partitioned(luks, 'secret.raw')
partitioned(b'\\0' * (1 << 20), 'blank.raw')
with open('table.raw', 'rb') as file, open('cut.raw', 'wb') as cut: cut.write(file.read(3 << 20))
os.symlink('nowhere', 'gone.raw')
`;

const CALL = 'busctl -j call org.freedesktop.machine1 /org/freedesktop/machine1';
const MACHINE_IMAGE = '/run/systemd/machine/io.systemd.MachineImage';

/**
 * What systems on disks say of themselves: a file system by itself and in a partition, a block device, disks without
 * a system, without anything, encrypted, and cut off. The kernel's nodes for partitions are where devtmpfs has them.
 */
export const diskVerbs: readonly Verb[] = [
  {
    id: 'disk: what is in it',
    script: `
      mkdir -p /run/devices; mount -t devtmpfs devices /run/devices
      [ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
      for n in $(seq 0 31); do
        [ -e /dev/loop$n ] || mknod -m 660 /dev/loop$n b 7 $n; ln -sfn /run/devices/loop\${n}p1 /dev/loop\${n}p1
      done
      mkdir -p /srv/system/{etc,usr/lib,dev,proc,sys,run,tmp} /srv/none/etc; cd /srv/system
      printf 'ID=disk\\nNAME="A disk"\\nwhat is this\\nVERSION_ID=7\\n' >usr/lib/os-release; ln -s ../usr/lib/os-release etc/os-release
      printf '# a name\\nfrom_disk.\\n' >etc/hostname; echo 00112233445566778899aabbccddeeff >etc/machine-id
      printf 'CHASSIS=vm\\nPRETTY_HOSTNAME="The Disk"\\n' >etc/machine-info; echo /nowhere >/srv/none/etc/hostname
      cd /var/lib/machines; truncate -s 110M bare.raw none.raw; mkfs.btrfs -q -r /srv/system bare.raw; mkfs.btrfs -q -r /srv/none none.raw
      truncate -s 1M zero.raw; : >empty.raw; python3 -c "$PYTHON"; ab=$(printf 'ab%.0s' {1..32}); echo $ab >table.roothash
      ln -s $(losetup -f --show table.raw) device
      for name in bare table device none zero empty luks secret blank cut gone; do
        echo "# $name"
        for method in Hostname MachineID MachineInfo OSRelease; do ${CALL} org.freedesktop.machine1.Manager GetImage$method s $name; done
        for acquire in yes graceful; do
          varlinkctl call -j ${MACHINE_IMAGE} io.systemd.MachineImage.List "{\\"name\\":\\"$name\\",\\"acquireMetadata\\":\\"$acquire\\"}" 2>&1 |
            sed -E 's/"(path|[a-z]*Timestamp|usage|usageExclusive)":[^,]*,?//g'
        done
      done
      ${CALL}/image/table org.freedesktop.machine1.Image GetOSRelease; asAlice ${CALL} org.freedesktop.machine1.Manager GetImageOSRelease s table
      losetup -d $(readlink device); rm {bare,none,zero,empty,luks,secret,blank,cut,gone,table}.raw table.roothash device; cd /; umount /run/devices`.replace(
      '$PYTHON',
      python.replaceAll('"', '\\"'),
    ),
  },
];
