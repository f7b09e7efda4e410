import { randomBytes } from 'node:crypto';
import { duplicateDescriptor } from '../../linux/duplicate.ts';
import { Process } from '../../linux/process.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { TransientServices, UnitProperty } from '../../machine/transient-services.ts';
import { commandLine } from '../../programs/running-program.ts';
import type { ProgramStarter } from './entering-process.ts';
import { enteringOptions } from './start-child.ts';

/**
 * Has shells started by the host's systemd, in a service each: program.ts and its copy are in it for as long as the
 * shell runs, which itself belongs to the machine's control group. So what this process is bound by is nothing to the
 * shell, and it goes on when this process ends. Units are `mymachines-shell-OWNER-MACHINE-RUN-NUMBER.service`.
 */
export class ShellServices {
  readonly #services: TransientServices;
  readonly #program: string;
  /** By which the units of this process are told from those of the ones before it. */
  readonly #run = randomBytes(4).toString('hex');
  #count = 0;

  /** @param program the path of program.ts, as built */
  constructor(services: TransientServices, program: string) {
    this.#services = services;
    this.#program = program;
  }

  /** The owners of the machines in which shells run that were started by processes before this one, one for each. */
  async ownersOfOthers(): Promise<readonly number[]> {
    const units = await this.#services.list(PREFIX);
    return units
      .map((unit) => UNIT.exec(unit))
      .filter((match) => match !== null)
      .filter(({ groups }) => groups?.['run'] !== this.#run)
      .map(({ groups }) => Number(groups?.['owner']));
  }

  /** Starts program.ts for one shell in a machine. It throws MachineError `not-available`, `unit-failed`, `timed-out`. */
  starter(machine: Machine): ProgramStarter {
    const { name, owner } = machine;
    return async (input) => {
      const unit = `${PREFIX}${owner}-${name}-${this.#run}-${++this.#count}.service`;
      const started = await this.#services.start({
        unit,
        description: `Shell in Machine ${name}`,
        command: commandLine({ path: this.#program, ...enteringOptions }),
        openDescriptors: () => ({ input: duplicateDescriptor(input) }),
        properties: isFiltered(machine) ? [...BOUNDS, ...FILTER] : BOUNDS,
        patience: PATIENCE,
      });
      if (!started) throw new MachineError('not-available', `there is no systemd to start a shell in ${name}`);
      return () => void this.#services.kill(unit);
    };
  }
}

const PREFIX = 'mymachines-shell-';
const UNIT = /^mymachines-shell-(?<owner>\d+)-.*-(?<run>[0-9a-f]{8})-\d+\.service$/;
/** Milliseconds. */
const PATIENCE = 10_000;

/**
 * What binds program.ts, and nothing that it starts: not what the control group does, as that is another's then, and
 * not what is mounted, as the shell has the machine's mounts. What would forbid su(1) to the shell is not here.
 */
const BOUNDS: readonly UnitProperty[] = [
  ['StandardError', { signature: 's', value: 'journal' }],
  ['SyslogIdentifier', { signature: 's', value: 'mymachines-shell' }],
  ['ProtectSystem', { signature: 's', value: 'strict' }],
  ['ProtectHome', { signature: 's', value: 'read-only' }],
  ['DevicePolicy', { signature: 's', value: 'closed' }],
  ['TimeoutStopUSec', { signature: 't', value: 2_000_000n }],
];

/** They take a capability, which the shell has only where the machine has it, or are a matter of its namespaces. */
const SINGLE: readonly string[] = [
  ...['process_vm_readv', 'process_vm_writev', 'ptrace', 'reboot'],
  ...['setdomainname', 'sethostname', 'vhangup'],
];

/** What is in the set `@sandbox`, which systemd 252 does not have and passes over. */
const SANDBOX: readonly string[] = [
  'seccomp',
  ...['landlock_add_rule', 'landlock_create_ruleset', 'landlock_restrict_self'],
];

/**
 * For machines whose leader has a filter of system calls, which cannot be taken from it: what systemd-nspawn lets
 * containers do that have not been given more (systemd 262), by sets of systemd.exec(5). It takes su(1) nothing.
 */
const FILTER: readonly UnitProperty[] = [
  ['SystemCallFilter', { signature: '(bas)', value: [true, ['@system-service', '@mount', ...SANDBOX, ...SINGLE]] }],
  ['SystemCallFilter', { signature: '(bas)', value: [false, ['@keyring']] }],
  ['SystemCallErrorNumber', { signature: 'i', value: 1 }],
];

/** Whether the leader has a filter (Seccomp of proc_pid_status(5)); also where nobody can tell. */
function isFiltered({ leader }: Machine): boolean {
  try {
    return Process.askSame(leader, (process) => !/^Seccomp:\t0$/m.test(process.readFile('status')));
  } catch {
    // That it is gone is for program.ts to say.
    return true;
  }
}
