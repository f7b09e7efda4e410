/** A machine that the questions are about, as data: the same ones for whoever keeps the registry. */
export interface ScenarioMachine {
  readonly name: string;
  readonly class: 'container' | 'vm';
  /** How it comes to be: systemd-nspawn makes and registers it, or a bare process is registered by a caller. */
  readonly by: 'nspawn' | 'root' | 'subgroup' | 'inside';
  /** Absent: none of its own. `pick`: what systemd-nspawn picks for the name. */
  readonly users?: 'pick' | { readonly uid: string; readonly gid: string };
  /** Absent: the host's. */
  readonly addresses?: readonly string[];
  /** Whether `host0`, which they are on, is a macvlan of a bridge of the host. Absent: it is one end of a veth pair. */
  readonly macvlan?: true;
  /** ip(8) commands that make more of a network inside, after the addresses. */
  readonly inside?: readonly string[];
  /** Absent: the host's root. False: a root of its own without an os-release file. */
  readonly osRelease?: readonly string[] | false;
  /** Control group below the unit's. */
  readonly subgroup?: string;
  /** What else is said at registration. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Unit that the machine's leader is in. */
export function unitOf(machine: ScenarioMachine): string {
  if (machine.by === 'nspawn') return `${machine.name}.scope`;
  return machine.by === 'inside' ? 'inside.service' : `m-${machine.name}.service`;
}

const longName = 'a-name-that-just-about-fits';

export const scenario: readonly ScenarioMachine[] = [
  {
    name: 'c1',
    class: 'container',
    by: 'nspawn',
    users: 'pick',
    addresses: ['10.9.8.7/24', '169.254.3.4/16', 'fd00::7/64', '192.0.2.9/32'],
    osRelease: ['ID=small', 'NAME="Small Root"', "VERSION_ID='1'", '# no more'],
  },
  {
    name: 'bare',
    class: 'container',
    by: 'nspawn',
    users: { uid: '0 1000000000 65536', gid: '0 1000000000 65536' },
    addresses: [],
    osRelease: false,
  },
  { name: 'plain', class: 'container', by: 'root' },
  {
    name: 'guest',
    class: 'vm',
    by: 'root',
    parameters: {
      id: '0123456789abcdef0123456789abcdef',
      service: 'some hypervisor',
      rootDirectory: '/srv/guest',
      ifIndices: [1],
      vSockCid: 42,
      sshAddress: 'vsock/42',
      sshPrivateKeyPath: '/srv/guest.key',
      controlAddress: '/run/guest.control',
    },
  },
  {
    name: 'mapped',
    class: 'container',
    by: 'root',
    // Lines out of order, of width one, and beyond 65535 inside.
    users: {
      uid: '1000 300000 1\n0 100000 10\n70000 400000 10\n10 200000 5',
      gid: '0 150000 10\n65530 160000 10',
    },
    addresses: ['198.51.100.3/24', '2001:db8::3/64', '2001:db8::4/64'],
  },
  {
    name: 'low',
    class: 'container',
    by: 'root',
    // Partly in the host's own range, and across its end.
    users: { uid: '0 0 10\n10 1000 5\n100 65530 20', gid: '0 0 4294967295' },
    addresses: [],
  },
  { name: 'sub', class: 'container', by: 'subgroup', subgroup: 'a/b' },
  { name: 'inside', class: 'container', by: 'inside' },
  {
    name: longName,
    class: 'container',
    by: 'root',
    users: { uid: '0 700000 2000', gid: '0 700000 2000' },
    addresses: ['203.0.113.5/24'],
  },
  {
    name: 'Web.Example',
    class: 'container',
    by: 'root',
    users: { uid: '0 800000 65536', gid: '0 800000 65536' },
    addresses: [],
  },
  {
    name: 'a-1',
    class: 'container',
    by: 'root',
    users: { uid: '0 900000 65536', gid: '0 900000 65536' },
    addresses: [],
  },
  {
    name: 'many',
    class: 'container',
    by: 'root',
    users: { uid: '0 1100000 65536', gid: '0 1100000 65536' },
    // As systemd's own test of name lookup has it (TEST-13-NSPAWN).
    addresses: ['10.2.0.2/24', ...counted(100, 120, (n) => `10.2.0.${n}/24`), 'fd00:dead:beef:cafe::2/64'],
  },
  {
    name: 'bridged',
    class: 'container',
    by: 'root',
    users: { uid: '0 1200000 65536', gid: '0 1200000 65536' },
    addresses: ['10.3.0.2/24', 'fe80::2/64'],
    inside: [
      ...bridge('docker0'),
      'address add 172.17.0.1/16 dev docker0',
      'address add fd00:17::1/64 dev docker0 nodad',
    ],
  },
  {
    name: 'local',
    class: 'container',
    by: 'root',
    users: { uid: '0 1300000 65536', gid: '0 1300000 65536' },
    addresses: ['169.254.7.7/16', 'fe80::7/64'],
  },
  {
    name: 'fallback',
    class: 'container',
    by: 'root',
    users: { uid: '0 1400000 65536', gid: '0 1400000 65536' },
    addresses: ['192.168.7.8/24'],
    // Of scope global, as whoever asks for no other gets it.
    inside: ['address add 169.254.7.8/16 dev host0'],
  },
  {
    name: 'on-top',
    class: 'container',
    by: 'root',
    users: { uid: '0 1500000 65536', gid: '0 1500000 65536' },
    addresses: ['10.5.0.2/24', '2001:db8:5::2/64'],
    macvlan: true,
    inside: [...bridge('br0'), 'address add 172.18.0.1/16 dev br0'],
  },
];

function counted(first: number, last: number, text: (number: number) => string): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => text(first + index));
}

/** Without an address made of a random hardware address. */
function bridge(name: string): string[] {
  return [`link add ${name} type bridge`, `link set ${name} addrgenmode none`, `link set ${name} up`];
}
