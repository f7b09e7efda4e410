import type { TerminalStep } from '../../support/on-terminal.ts';

/** A command, who sits at its terminal, and what shows that it did something. */
export interface TerminalQuestion {
  readonly title: string;
  readonly command: readonly string[];
  readonly steps?: readonly TerminalStep[];
  readonly shows: string;
}

/** What a program sees of where it runs: a shell script. */
export const show = `#!/bin/sh
for word; do echo "argument=$word"; done
id
pwd
umask
tty
stty size
cat /proc/self/cgroup
env | sort
loginctl show-session "$XDG_SESSION_ID" -p Name -p TTY -p Type -p Class -p Service -p Remote
who | tr -s ' ' | cut -d ' ' -f 1,2
echo that was all
`;

const ENDED = 'terminated.';
/** By which machinectl(1) is left. */
const leave: TerminalStep = { type: '\u001d\u001d\u001d' };

/** What is typed does not have the word in it that shows that it runs, and has the terminal. */
export const sleeping: string = "sh -c 'echo sleep''ing; exec sleep 1000'\r";

function questionsOf(machine: string): TerminalQuestion[] {
  const shell = (...words: string[]): readonly string[] => ['machinectl', 'shell', ...words];
  return [
    {
      title: `a program in ${machine}`,
      command: shell(machine, '/etc/show'),
      shows: 'that was all',
    },
    {
      title: `arguments, variables and a user in ${machine}`,
      command: shell('-E', 'FOO=bar $baz', '--uid=alice', machine, '/etc/show', 'a b', '$HOME', '%n', ''),
      shows: 'FOO=bar $baz',
    },
    {
      title: `a login shell in ${machine}`,
      command: shell(`alice@${machine}`),
      steps: [{ wait: '$ ' }, { type: 'cat /proc/$$/comm; echo $0 $SHELL; exit 3\r' }],
      shows: 'dash',
    },
    {
      title: `root's login shell in ${machine}, left`,
      command: shell(machine),
      steps: [{ wait: '# ' }, { type: 'echo $0 $SHELL\r' }, { wait: '/bin/bash\r' }, { wait: '# ' }, leave],
      shows: '/bin/bash',
    },
    {
      title: `a user that there is none of in ${machine}`,
      command: shell(`nobody-knows@${machine}`),
      shows: ENDED,
    },
  ];
}

function loginOf(machine: string): TerminalQuestion {
  return {
    title: `logging in to ${machine}`,
    command: ['machinectl', 'login', machine],
    steps: [
      { wait: 'login: ' },
      { type: 'alice\r' },
      { wait: 'assword: ' },
      { type: 'wonderland\r' },
      { wait: '$ ' },
      { type: '/etc/show\r' },
      { wait: 'that was all' },
      { wait: '$ ' },
      leave,
    ],
    shows: 'USER=alice',
  };
}

const ofMapped: TerminalQuestion[] = [
  {
    title: 'a program that is interrupted',
    command: ['machinectl', 'shell', 'mapped', '/bin/sh'],
    steps: [
      { wait: '# ' },
      { type: sleeping },
      { wait: 'sleeping' },
      { type: '\u0003' },
      { wait: '# ' },
      { type: 'echo after=$?; exit\r' },
    ],
    shows: 'after=130',
  },
  {
    title: 'another window',
    command: ['machinectl', 'shell', 'mapped', '/bin/sh'],
    steps: [{ wait: '# ' }, { resize: [40, 132] }, { type: 'until stty size | grep 40; do sleep .1; done; exit\r' }],
    shows: '40 132',
  },
];

const ofPlain: TerminalQuestion[] = [
  {
    title: 'a program that is suspended',
    command: ['machinectl', 'shell', 'plain', '/bin/bash', '--norc'],
    steps: [
      { wait: '# ' },
      { type: sleeping },
      { wait: 'sleeping' },
      { type: '\u001a' },
      { wait: 'Stopped' },
      { wait: '# ' },
      leave,
    ],
    shows: 'Stopped',
  },
  {
    title: 'a program that there is none of',
    command: ['machinectl', 'shell', 'plain', '/nowhere'],
    shows: ENDED,
  },
  {
    title: 'a unit that is masked',
    command: [
      ...['bash', '-c'],
      `leader=$(machinectl show -P Leader plain)
       units=$(printf 'container-getty@%s.service ' {0..9})
       nsenter -t $leader -a systemctl mask -q --runtime $units
       machinectl login plain
       varlinkctl call /run/systemd/machine/io.systemd.Machine io.systemd.Machine.Open '{"name":"plain","mode":"login"}'
       nsenter -t $leader -a systemctl unmask -q --runtime $units`,
    ],
    shows: 'is masked',
  },
];

const ofBare: TerminalQuestion[] = [
  {
    title: 'neither a bus nor a login, over Varlink',
    command: [
      ...['varlinkctl', 'call', '/run/systemd/machine/io.systemd.Machine', 'io.systemd.Machine.Open'],
      '{"name":"bare","mode":"login"}',
    ],
    shows: 'NoIPC',
  },
  { title: 'a shell in no machine', command: ['machinectl', 'shell', 'nowhere'], shows: "'nowhere'" },
  {
    title: 'users and variables that cannot be',
    command: [
      ...['bash', '-c'],
      `open() { echo "$1 $2"; busctl call org.freedesktop.machine1 /org/freedesktop/machine1 \\
         org.freedesktop.machine1.Manager OpenMachineShell sssasas bare "$1" "" 0 1 "$2" 2>&1 |
         sed '/[Ii]nvalid/!s/.*/taken/'; }
       for user in a/b ' a' 'a ' a:b - . .. 00 007 65535 4294967295 4294967296 $'a\\tb' 0 65534 'a b' ... a@b '$HOME' 0x1; do
         open "$user" A=b
       done
       for variable in A =b a-b=c 1=a A= _=b; do open alice "$variable"; done`,
    ],
    shows: 'Invalid user name',
  },
];

/** Those in one list are to be asked one after another. */
export const chains: readonly (readonly TerminalQuestion[])[] = [
  [...questionsOf('plain'), ...ofPlain, loginOf('plain')],
  [...questionsOf('mapped'), ...ofMapped, loginOf('mapped')],
  [...questionsOf('.host'), ...ofBare, loginOf('.host')],
];

export const questions: readonly TerminalQuestion[] = chains.flat();
