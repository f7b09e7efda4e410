import { Volatile } from '../../conformance/clients/volatile.ts';
import { BootedContainer } from '../../support/booted-container.ts';
import { Lab } from '../../support/lab.ts';
import { projectRoot } from '../../support/project-root.ts';
import { prepareBinds } from './bind.ts';
import { prepareCopies } from './copy.ts';
import { prepareEnds } from './ending.ts';
import { prepareImages } from './image.ts';
import { prepareImageChanges } from './image-change.ts';
import { typedProgram } from './typed.ts';
import type { Verb } from './verb.ts';

/** Who keeps the registry, as the service that it is on a real host. */
export type Keeper = 'systemd-machined' | 'mymachines';

const install: Readonly<Record<Keeper, string>> = {
  'systemd-machined': ':',
  mymachines: `node /project/dist/cli/main.js install; systemctl daemon-reload
    systemctl mask -q --now systemd-machined.service systemd-machined.socket
    systemctl enable -q --now mymachines.socket mymachines.service`,
};

/** The container's /etc is a copy of the lab's: which service is enabled there is none of its business. */
const prepare =
  'find etc/systemd/system -name "*mymachines*" -o -name "*machine1*" -o -name "*machined*" | xargs rm -f';

/** What scripts may use. Whatever waits gives up after ten seconds. */
const functions = `
  socket=/run/systemd/machine/io.systemd.Machine
  await() { local n; for ((n = 0; n < 400; n++)); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep .025; done; return 1; }
  gone() { ! machinectl show "$1"; }
  inactive() { [ "$(systemctl show -P ActiveState "$1")" = inactive ]; }
  isAnother() { local now; now=$(machinectl show -P Leader "$2") && [ "$now" != "$1" ]; }
  asAlice() { setpriv --reuid=alice --regid=alice --clear-groups "$@"; }
  inside() { nsenter --target $LEADER --all --wdns=/ -- "$@"; }
  # varlink METHOD PARAMETERS
  varlink() { varlinkctl call -j $socket io.systemd.Machine."$1" "$2"; echo "status $?"; }
  # fds METHOD PARAMETERS COMMAND: the command gets the descriptors of the reply, from 3 on.
  fds() { varlinkctl --exec call $socket io.systemd.Machine."$1" "$2" -- bash -c "$3"; echo "status $?"; }
  # typed COMMAND [EXPECT SEND] …: on a terminal.
  typed() { python3 /root/typed.py "$@"; }
`;

/** A lab with one who keeps the registry, and a container with an operating system. */
export class KeeperLab {
  readonly lab: Lab;
  readonly #volatile = new Volatile();
  #leader = 0;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async create(keeper: Keeper): Promise<KeeperLab> {
    const lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    const made = new KeeperLab(lab);
    try {
      // Process numbers that nothing else can be.
      await lab.shell(`echo $(($(cat /proc/sys/kernel/pid_max) - 20000)) >/proc/sys/kernel/ns_last_pid
        useradd -m alice; ${install[keeper]}`);
      await made.boot();
      await lab.shell(prepareBinds);
      for (const text of [prepareCopies, prepareImages, prepareEnds, prepareImageChanges]) await lab.shell(text);
      lab.write('/root/typed.py', typedProgram);
      return made;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Boots container c1, and learns what is another value each time. */
  async boot(): Promise<void> {
    const { leader } = await BootedContainer.boot(this.lab, 'c1', { prepare });
    this.#leader = leader;
    const facts = await this.lab.shell(`
      id() { python3 -c 'import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' $1; }
      supervisor=$(ps -o ppid= -p ${leader} | tr -d ' ')
      echo leader.pid=${leader} leader.pidfdid=$(id ${leader}) supervisor.pid=$supervisor supervisor.pidfdid=$(id $supervisor)
      echo host.pidfdid=$(id 1)
      sed -nE 's/^(REALTIME|MONOTONIC)=/\\1=/p' /run/systemd/machines/c1`);
    for (const [, name = '', value] of facts.matchAll(/(\S+)=(\d+)/g)) {
      this.#volatile.learn(name.startsWith('host') ? name : `c1.${name.toLowerCase()}`, Number(value));
    }
    const id = /^ID=(.*)$/m.exec(await this.lab.shell('cat /run/systemd/machines/c1'))?.[1];
    if (id !== undefined) this.#volatile.learnId('c1.id', id);
  }

  /** What a verb prints, with names for what is another value each time. */
  async ask({ script }: Verb): Promise<string> {
    const { stdout } = await this.lab.run(
      'timeout',
      '60',
      'bash',
      '-c',
      `exec 2>&1; LEADER=${this.#leader}; ${functions}
      ${script}`,
    );
    if (/^bash: .*(syntax error|command not found)/m.test(stdout)) throw new Error(`${script}: ${stdout}`);
    return this.#volatile.strip(withoutEscapes(stdout)).replaceAll(this.lab.name, '«lab»');
  }

  async down(): Promise<void> {
    await this.lab.down();
  }
}

/** Without what only tells a terminal how to show it, and who wrote it (OSC 3008, with ids of the moment). */
function withoutEscapes(text: string): string {
  return text.replace(escapes, '').replace(/\bpts\/\d+/g, 'pts/«n»');
}

// As text, since a regular expression is not to have control characters in it.
const escapeCode = String.fromCharCode(27);
const escapes = new RegExp(
  `${escapeCode}[\\]P].*?(?:${String.fromCharCode(7)}|${escapeCode}\\\\)|${escapeCode}\\[[!?\\d;]*[a-zA-Z]|${escapeCode}[78]|\\r`,
  'g',
);
