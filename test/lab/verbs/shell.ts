import type { Verb } from './verb.ts';

/** A command on a terminal, and what is typed when something has come. */
const on = (command: string, ...exchanges: string[]): string =>
  `typed ${[command, ...exchanges].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}; echo "status $?"`;

const typed = (command: string, ...exchanges: string[]): Verb => ({
  id: `shell: ${command}`,
  script: on(command, ...exchanges),
});

/** Terminals, logins and shells. */
export const shellVerbs: readonly Verb[] = [
  typed('machinectl shell c1 /bin/echo hello'),
  typed('machinectl -q shell c1 /bin/sh -c "exit 7"'),
  typed('machinectl -q shell --setenv=FOO=bar -E EMPTY= c1 /bin/sh -c "echo \\$FOO; env | grep -c ^EMPTY=$"'),
  typed(
    'machinectl -q shell --uid=alice c1 /bin/sh -c "id -un; id -gn; pwd; echo \\$HOME \\$USER \\$LOGNAME \\$SHELL"',
  ),
  typed('machinectl -q shell alice@c1 /usr/bin/id'),
  typed('machinectl -q shell c1 /bin/sh -c "env | cut -d= -f1 | sort"'),
  typed('machinectl -q shell c1 /bin/sh -c "tty; stty size; echo \\$TERM; hostname"'),
  typed('machinectl -q shell c1 /bin/bash -c "echo ready; read line; echo got \\$line; exit 4"', 'ready', 'hello\\n'),
  typed(
    'machinectl -q shell c1',
    '#',
    'stty -echo; PS1=; echo rea""dy\\n',
    'ready',
    'set -o | grep monitor; exit 5\\n',
  ),
  typed('machinectl -q shell nobody-here@c1 /bin/true'),
  typed('machinectl -q shell c1 /nowhere/program'),
  typed('machinectl -q shell c1 relative'),
  typed('machinectl shell .host /bin/echo hello'),
  typed('machinectl -q shell alice@.host /usr/bin/id -un'),
  typed('machinectl -q shell nope /bin/true'),
  typed('machinectl login c1', 'login: ', '\\x1d\\x1d\\x1d'),
  typed('machinectl login nope'),
  {
    id: 'shell: without a terminal',
    script: 'machinectl -q shell c1 /bin/sh -c "echo out; echo err >&2; exit 3" </dev/null; echo "status $?"',
  },
  {
    id: 'shell: of a user who may not',
    script: `for verb in "login c1" "shell c1" "shell .host"; do asAlice machinectl $verb </dev/null; echo "status $?"; done`,
  },
  {
    id: 'shell: over D-Bus',
    script: `call() { gdbus call --system -d org.freedesktop.machine1 -o /org/freedesktop/machine1 \\
        -m org.freedesktop.machine1.Manager."$@" 2>&1 | sed 's,/dev/pts/[0-9]*,/dev/pts/N,'; }
      call OpenMachinePTY c1; call OpenMachineLogin c1; call OpenMachineShell c1 root /bin/true '[]' '[]'
      call OpenMachinePTY .host; call OpenMachineShell c1 '' relative '[]' '[]'; call OpenMachineShell c1 '' '' '[]' '["bad"]'
      call OpenMachineRootDirectory c1; call OpenMachineRootDirectory .host`,
  },
  {
    id: 'shell: over Varlink, with the descriptors',
    script: `
      # What comes first on descriptor 3: until its other side has been opened there is an error.
      lines() { local n; for ((n = 0; n < 50; n++)); do
          if timeout 5 head -n "$1" <&3 2>/dev/null | grep .; then return; fi; sleep .1; done; }; export -f lines
      prompt() { local n; for ((n = 0; n < 50; n++)); do
          timeout 2 cat <&3 >>/tmp/prompt 2>/dev/null; if grep -ao login: /tmp/prompt; then return; fi; sleep .1; done; }
      export -f prompt; : >/tmp/prompt
      fds Open '{"name":"c1","mode":"tty"}' 'test -t 3 && echo terminal; readlink /proc/self/fd/3'
      fds Open '{"name":"c1","mode":"login"}' 'prompt'
      fds Open '{"name":"c1","mode":"shell","path":"/bin/sh","args":["sh","-c","echo $0 $1; sleep 2","one","two"]}' 'lines 1'
      fds Open '{"name":"c1","mode":"shell","user":"alice","path":"/bin/sh","args":["sh","-c","id -un; echo $A; sleep 2"],"environment":["A=b"]}' \\
        'lines 2'
      fds OpenRootDirectory '{"name":"c1"}' 'cat /proc/self/fd/3/etc/hostname'
      varlink Open '{"name":"c1"}'; varlink Open '{"name":"c1","mode":"shell","path":"relative"}'
      varlink Open '{"name":"c1","mode":"shell","environment":["bad"]}'; varlink Open '{"name":"nope","mode":"tty"}'`,
  },
];
