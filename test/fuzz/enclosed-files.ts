/** What there is in an enclosure to be copied, mounted and cloned: a shell script that makes it. It can write there only. */
export const ENCLOSED_FILES: string = `
mkdir -p /tmp/tree/deep/er /tmp/place
echo content >/tmp/file
echo more >/tmp/tree/deep/file
ln -s ../../../../../../etc/passwd /tmp/tree/link
ln /tmp/tree/deep/file /tmp/tree/hard
truncate -s 100M /tmp/tree/sparse
mkfifo /tmp/fifo /tmp/tree/fifo
# One that cannot be removed, nor renamed.
mkdir -p /var/lib/machines/image
mount -t tmpfs tmpfs /var/lib/machines/image -o mode=755,size=1m
for image in image other; do
  mkdir -p /var/lib/machines/$image/etc
  echo ID=enclosed >/var/lib/machines/$image/etc/os-release
  echo $image >/var/lib/machines/$image/etc/hostname
done
mkdir -p /var/lib/machines/.hidden/etc
truncate -s 1M /var/lib/machines/disk.raw
ln -s /etc /var/lib/machines/away
mkfifo /var/lib/machines/other/etc/machine-info
`;

/** Paths that mean something there, and such as lead elsewhere or to what is no file. */
export const KNOWN_PATHS: readonly string[] = [
  ...['/tmp/file', '/tmp/tree', '/tmp/tree/deep', '/tmp/tree/link', '/tmp/tree/sparse', '/tmp/place', '/tmp/new'],
  ...['/tmp/place/new', '/tmp/none/new', '/tmp/fifo', '/dev/zero', '/dev/null', '/proc/self/mem', '/proc/kmsg', '/'],
  ...['/tmp/tree/link/x', '/proc/1/root/tmp/file', '/sys', '/tmp', '/etc/hostname'],
];
