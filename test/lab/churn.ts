import { setTimeout as pause } from 'node:timers/promises';
import { makeRoot } from '../conformance/machines.ts';
import type { Lab } from '../support/lab.ts';

/** Containers of systemd-nspawn in a lab that come and go at random until they are told to stop. */
export class Churn {
  readonly names: readonly string[];
  /** How many have come. */
  started = 0;
  readonly #lab: Lab;
  readonly #random: () => number;
  readonly #errors: Error[] = [];
  #stop = false;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(lab: Lab, names: readonly string[], random: () => number) {
    this.#lab = lab;
    this.names = names;
    this.#random = random;
  }

  static async prepare(lab: Lab, count: number, random: () => number): Promise<Churn> {
    const names = Array.from({ length: count }, (_, i) => `m${i}`);
    const osRelease = ['ID=tiny'];
    for (const name of names) await makeRoot(lab, { name, class: 'container', by: 'nspawn', osRelease });
    return new Churn(lab, names, random);
  }

  start(): void {
    this.#running = Promise.all(
      this.names.map((name) => this.#live(name).catch((error: Error) => this.#errors.push(error))),
    );
  }

  /** Lets each come to the end of what it is about, and gives what went wrong. */
  async stop(): Promise<readonly Error[]> {
    this.#stop = true;
    await this.#running;
    return this.#errors;
  }

  /** Starts one, and waits until it runs. */
  async begin(name: string): Promise<void> {
    await this.#start(name);
    await this.#lab.shell(
      `for n in $(seq 250); do machinectl show ${name} >/dev/null 2>&1 && exit; sleep .02; done; exit 1`,
    );
  }

  async #live(name: string): Promise<void> {
    while (!this.#stop) {
      await pause(this.#random() * 4000);
      if (this.#stop) return;
      await this.#start(name);
      this.started += 1;
      await pause(200 + this.#random() * 4000);
      const ways = [
        `systemctl stop nspawn-${name}`,
        `machinectl terminate ${name}`,
        // The container's number 1, which is its supervisor's only child. Process 0 has many, all of the lab's.
        `p=$(systemctl show -P MainPID nspawn-${name}); [ "$p" = 0 ] || kill -9 $(pgrep -P $p)`,
      ];
      // It may only be about to start, and systemd-machined be away.
      await this.#lab.run(
        'bash',
        '-c',
        `${ways[Math.floor(this.#random() * ways.length)]}
        for n in $(seq 40); do systemctl -q is-active nspawn-${name} || exit 0; sleep .05; done
        systemctl stop nspawn-${name}`,
      );
    }
  }

  async #start(name: string): Promise<void> {
    await this.#lab.shell(`systemd-run -q --collect -u nspawn-${name} systemd-nspawn -q -D /var/lib/machines/${name} \\
      -M ${name} --as-pid2 --private-network --private-users=pick --private-users-ownership=auto sleep infinity`);
  }
}
