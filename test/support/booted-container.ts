import type { Lab, LabResult } from './lab.ts';

/** How a container is booted. */
export interface BootOptions {
  /** In a user namespace, with a range of ids of its own (`--private-users=pick`). */
  readonly privateUsers?: boolean;
  /** Shell commands that run in the container's tree, which is their working directory, before it boots. */
  readonly prepare?: string;
  /** Of systemd-nspawn, after all others. */
  readonly options?: readonly string[];
}

/**
 * A container with an operating system, which systemd-nspawn boots in the lab in two to three seconds: a systemd of its
 * own as PID 1, a bus, systemd-logind, and a getty on the console. Its /usr is the lab's own, read-only, in a user
 * namespace everything there is nobody's; the rest is a copy of /etc and what its systemd makes. It shares the lab's
 * network. systemd-nspawn registers it with whoever has systemd-machined's place.
 */
export class BootedContainer {
  readonly name: string;
  /** Of PID 1 inside, as the lab sees it. */
  readonly leader: number;
  readonly #lab: Lab;

  private constructor(lab: Lab, name: string, leader: number) {
    this.#lab = lab;
    this.name = name;
    this.leader = leader;
  }

  /** Boots one, and comes back when its systemd says that it is up. The tree is at /var/lib/machines/NAME. */
  static async boot(lab: Lab, name: string, options: BootOptions = {}): Promise<BootedContainer> {
    const own = [
      ...(options.privateUsers === true ? ['--private-users=pick'] : ['--private-users=no']),
      ...(options.options ?? []),
    ];
    const text = await lab.shell(`
      tree=/var/lib/machines/${name}
      if [[ ! -e $tree/etc ]]; then
        mkdir -p $tree/usr/lib $tree/{var,dev,proc,sys,run,tmp,root,home}
        cp -a /etc $tree/etc
        # Looked for before anything is mounted there.
        cp /usr/lib/os-release $tree/usr/lib/
        : >$tree/etc/machine-id
        for link in bin sbin lib lib64; do if [[ -e /usr/$link ]]; then ln -s usr/$link $tree/$link; fi; done
        echo ${name} >$tree/etc/hostname
      fi
      (cd $tree; ${options.prepare ?? ':'})
      systemctl reset-failed ${unitOf(name)} 2>/dev/null || :
      systemd-run --quiet --unit=${unitOf(name)} --slice=machine.slice -p Type=notify -p Delegate=yes -p KillMode=mixed \\
        systemd-nspawn --quiet --keep-unit --boot --notify-ready=yes --settings=no --link-journal=no \\
          --machine=${name} --directory=$tree --bind-ro=/usr ${own.join(' ')} >&2
      nspawn=$(systemctl show --property=MainPID --value ${unitOf(name)})
      cat /proc/$nspawn/task/$nspawn/children`);
    const leader = Number(text.trim());
    if (!(leader > 1)) throw new Error(`container ${name} has no leader: ${text}`);
    return new BootedContainer(lab, name, leader);
  }

  /** Runs a program in all of its namespaces, as its root, in no unit of its own. */
  run(command: string, ...parameters: string[]): Promise<LabResult> {
    const enter = ['--target', `${this.leader}`, '--all', '--wdns=/'];
    return this.#lab.run('nsenter', ...enter, '--', command, ...parameters);
  }

  /** Ends it at once, as when its power fails. The tree stays. */
  async kill(): Promise<void> {
    await this.#lab.shell(
      `systemctl kill --signal=KILL ${unitOf(this.name)}; systemctl stop ${unitOf(this.name)} || :`,
    );
  }
}

function unitOf(name: string): string {
  return `booted-${name}.service`;
}
