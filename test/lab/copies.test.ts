import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

/** What there is to copy, on the host at /srv/t, and what is there already in each machine, at /data. */
const PREPARE = `
rm -rf /srv/t /srv/back; mkdir -p /srv/t/dir/sub /srv/t/tree /srv/back; cd /srv/t
echo one >one; echo two >two; echo a >dir/a; echo b >dir/sub/b; ln -s one link
python3 - <<'END'
import os, socket
os.chdir('/srv/t/tree')
with open('file', 'w') as file: file.write('hello')
os.chown('file', 33, 34); os.chmod('file', 0o6755); os.utime('file', (1e9, 1e9 + 5)); os.setxattr('file', 'user.x', b'1')
os.mkdir('d'); os.link('file', 'd/hard'); os.symlink('../file', 'd/link'); os.lchown('d/link', 33, 33)
os.mkfifo('fifo'); os.chmod('fifo', 0o640); os.mknod('null', 0o20666, os.makedev(1, 3)); os.chmod('null', 0o666)
socket.socket(socket.AF_UNIX).bind('socket')
with open('sparse', 'w') as file: file.truncate(1 << 20)
with open('foreign', 'w') as file: pass
os.chown('foreign', 70000, 70001); os.setxattr('d', 'user.d', b'1'); os.chmod('d', 0o2751); os.utime('d', (1e9, 1e9))
END
find . -exec touch -h -d @1000000000 {} +
for machine in plain shifted; do
  data=/var/lib/machines/$machine/data; rm -rf $data; mkdir -p $data/full/dir $data/part/a $data/into/sub
  echo old >$data/old; ln -s old $data/to-old; ln -s full $data/to-full; echo mine >$data/into/a
  chmod 700 $data/into; find $data -exec touch -h -d @2000000 {} +
done
chown -R 1048576:1048576 /var/lib/machines/shifted
`;

/** `asked` prints how a command ends: its status, and what it says on one line. */
const ASKED = `
asked() { local said; said=$(timeout 20 "$@" 2>&1) && echo "0 $said" | tr '\\n' ' ' || echo "$? $said" | tr '\\n' ' '; echo; }
varlink() { asked varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.$1 "$2"; }
bus() { local method=$1; shift
  asked dbus-send --system --print-reply=literal --dest=org.freedesktop.machine1 /org/freedesktop/machine1 \\
    org.freedesktop.machine1.Manager.$method "$@"; }
`;

/** What is copied where, each by three clients, with and without the flag that replaces files. */
const pairs: readonly (readonly [source: string, destination: string])[] = [
  ['/srv/t/one', '/data/new'],
  ['/srv/t/two', '/data/old'],
  ['/srv/t/one', '/data/to-old'],
  ['/srv/t/link', '/data/link'],
  ['/srv/t/one', '/data/full'],
  ['/srv/t/one', '/data/slash/'],
  ['/srv/t/one/', '/data/slash-source'],
  ['/srv/t/none', '/data/none'],
  ['/srv/t/one', '/data/no/such'],
  ['/srv/t/one/x', '/data/x'],
  ['/srv/t/one', '/'],
  ['/', '/data/root'],
  ['/srv/t/one', '/usr/one'],
  ['/srv/t/dir', '/data/old'],
  ['/srv/t/dir', '/data/to-full'],
  ['/srv/t/dir', '/data/part'],
  ['/srv/t/dir', '/data/into'],
  ['/srv/t/dir', '/data/new-dir'],
  ['/srv/t/tree', '/data/tree'],
  ['/srv/t/one', '/tmp/one'],
];

const questions = [
  ...pairs.flatMap(([source, destination]) => {
    const request = { name: 'plain', source, destination };
    const strings = `string:plain string:${source} string:${destination}`;
    return [
      `varlink CopyTo '${JSON.stringify(request)}'`,
      `varlink CopyTo '${JSON.stringify({ ...request, replace: true })}'`,
      `bus CopyToMachine ${strings}`,
      `bus CopyToMachineWithFlags ${strings} uint64:1`,
      `asked machinectl copy-to plain ${source} ${destination}`,
    ];
  }),
  ...pairs
    .filter(([source]) => source !== '/srv/t/one')
    .map(([source, destination]) => `asked machinectl copy-to shifted ${source} ${destination}`),
  'asked machinectl copy-to shifted /srv/t/one /tmp/one',
];
const back = ['plain', 'shifted'].flatMap((machine) => [
  `varlink CopyFrom '{"name":"${machine}","source":"/data/tree","destination":"/srv/back/${machine}"}'`,
  `bus CopyFromMachine string:${machine} string:/data/tree string:/srv/back/${machine}-bus`,
  `asked machinectl copy-from ${machine} /data/tree /srv/back/${machine}-ctl`,
  `asked machinectl copy-from --force ${machine} /data/tree /srv/back/${machine}-ctl`,
  `varlink CopyFrom '{"name":"${machine}","source":"/data/none","destination":"/srv/back/none"}'`,
]);

/** What is then there: kinds, modes, owners, sizes, names, times and what is in files. */
const LISTING = `
cd /var/lib/machines
list() { find "$@" \\( -type d -printf '%y %m %U:%G %p\\n' \\) -o -printf '%y %m %U:%G %s %n %Ts %p -> %l\\n' | sort; }
list plain/data shifted/data /srv/back
find plain/data shifted/data /srv/back -type f -size -1k -exec sha1sum {} + | sort -k2
python3 -c "
import os
for base in ['plain/data/tree', 'shifted/data/tree', '/srv/back/plain', '/srv/back/shifted']:
    print(base, [os.listxattr(os.path.join(base, name)) for name in ['file', 'd', 'sparse']])"
`;

interface Answers {
  readonly outcomes: readonly string[];
  readonly listing: readonly string[];
}

describe.skipIf(unavailable !== undefined)('copies, as systemd-machined makes them', { timeout: 120_000 }, () => {
  let lab: Lab;
  let theirs: Answers;
  let ours: Answers;

  const start = () =>
    lab.shell(`${PREPARE}
      for machine in plain shifted; do
        options=; [[ $machine == plain ]] || options=--private-users=1048576:65536
        systemd-run -q --collect -u nspawn-$machine systemd-nspawn -q -D /var/lib/machines/$machine -M $machine \\
          --bind-ro=/usr --private-network $options sleep infinity
        for n in $(seq 200); do busctl get-property org.freedesktop.machine1 /org/freedesktop/machine1/machine/$machine \\
          org.freedesktop.machine1.Machine Leader &>/dev/null && break; sleep .05; done
      done`);
  const ask = async (): Promise<Answers> => ({
    outcomes: (await lab.shell(`${ASKED}\n${[...questions, ...back].join('\n')}`)).trimEnd().split('\n'),
    listing: (await lab.shell(LISTING)).trimEnd().split('\n'),
  });

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    await lab.shell(`for machine in plain shifted; do
        mkdir -p /var/lib/machines/$machine/{usr,etc,proc,sys,dev,run,tmp,data}; cd /var/lib/machines/$machine
        for name in bin lib lib64 sbin; do ln -s usr/$name $name; done; echo ID=x >etc/os-release
      done`);
    await start();
    theirs = await ask();
    await lab.shell(`systemctl stop nspawn-plain nspawn-shifted
      node /project/dist/cli/main.js install; systemctl daemon-reload
      systemctl mask --now systemd-machined.service systemd-machined.socket
      systemctl enable --now mymachines.socket mymachines.service`);
    await start();
    ours = await ask();
  }, 120_000);
  afterAll(() => lab?.down());

  it('end as with it, with the same errors over both transports', () => {
    const asked = [...questions, ...back];
    expect(theirs.outcomes.length).toBe(asked.length);
    expect(theirs.outcomes.filter((outcome) => outcome.startsWith('0')).length).toBeGreaterThan(40);
    const told = (outcomes: readonly string[]) =>
      asked.map((question, index) => `${question}: ${plainly(outcomes[index])}`);
    expect(told(ours.outcomes)).toEqual(told(theirs.outcomes));
  });

  it('leave the same files, but for their owners in a machine with users of its own and the rights of what comes from it', () => {
    const shifted = /^. [0-7]+ \d+:\d+ .*(shifted)/;
    const alike = (lines: readonly string[]) => lines.filter((line) => !shifted.test(line));
    expect(alike(theirs.listing).length).toBeGreaterThan(50);
    expect(alike(ours.listing)).toEqual(alike(theirs.listing));
    const without = (lines: readonly string[]) =>
      lines
        .filter((line) => shifted.test(line))
        .map((line) => line.replace(/ \d+:\d+ /, ' '))
        .sort();
    // What comes from there gives nobody a right.
    const granting = /^(f 6755|c 666) .*\/srv\/back\/shifted(-\w+)?\/(file|null|d\/hard) /;
    expect(theirs.listing.filter((line) => granting.test(line)).length).toBe(9);
    const granted = theirs.listing.map((line) => (granting.test(line) ? line.replace(/6755|666/, withoutRight) : line));
    expect(without(ours.listing)).toEqual(without(granted));
    const ownersOf = (lines: readonly string[], path: string) =>
      lines.filter((line) => line.includes(` ${path} -> `)).map((line) => line.split(' ')[2]);
    expect(ownersOf(theirs.listing, 'shifted/data/tree/file')).toEqual(['1048576:1048576']);
    expect(ownersOf(ours.listing, 'shifted/data/tree/file')).toEqual(['1048609:1048610']);
    expect(ownersOf(ours.listing, '/srv/back/shifted/file')).toEqual(['33:34']);
    expect(ownersOf(ours.listing, 'shifted/data/tree/foreign')).toEqual(['1048576:1048576']);
  });
});

function withoutRight(mode: string): string {
  return mode === '666' ? '600' : '755';
}

/** An outcome without what only one of the two says: the file that an error is about, names of connections, times. */
function plainly(outcome = ''): string {
  const words = [
    ...['File exists', 'No such file or directory', 'Not a directory', 'Read-only file system'],
    'Cannot assign requested address',
  ];
  for (const word of words) {
    const at = outcome.indexOf(word);
    if (at >= 0 && !outcome.includes('"errno"'))
      return `${outcome.slice(0, at)}${word}`.replace(/Failed to copy from\/to machine '\w+': /, '');
  }
  return outcome.replace(/(failed: [A-Z][^{:]*?)(: [^{]*)?( \{)/, '$1$3').trim();
}
