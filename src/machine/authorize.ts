import { MachineError } from './errors.ts';
import type { Machine } from './machine.ts';
import type { Caller } from './operations.ts';
import { decide, type Operation } from './privilege.ts';

/** What polkit says of a caller and an action: yes, no, or yes if the user were asked and gave a password. */
export type PolkitAnswer = 'authorized' | 'denied' | 'challenge';

/** The polkit authority of this system, when there is one to ask (polkit(8)). */
export interface Polkit {
  /**
   * Never faster than the next turn of the event loop; with {@link Caller.interactive} as slow as a user types.
   * @param action as in `org.freedesktop.machine1.manage-machines`
   * @param details what a rule or a password prompt may look at, as in `machine` → `web`
   * @throws MachineError `limits-exceeded`, `timed-out`
   */
  check(action: string, caller: Caller, details: ReadonlyMap<string, string>): Promise<PolkitAnswer>;
}

/** Lets callers do things, or does not: the one place that every transport asks, by the table in privilege.ts. */
export class Authority {
  readonly #daemonUid: number;
  readonly #polkit: Polkit | undefined;

  /**
   * @param daemonUid whose registry it is: 0 for the system's
   * @param polkit absent: what it would have to be asked for is denied
   */
  constructor(daemonUid: number, polkit?: Polkit) {
    this.#daemonUid = daemonUid;
    this.#polkit = polkit;
  }

  /**
   * Time may pass: what else the request relies on is to be looked at again after it.
   * @param machine what it is done to, if it is done to one
   * @throws MachineError `permission-denied`, `interactive-authentication-required`, and what {@link Polkit.check} throws
   */
  async authorize(operation: Operation, caller: Caller, machine?: Machine): Promise<void> {
    const decision = decide(operation, caller.uid, this.#daemonUid, machine?.owner);
    if (decision === 'allow') return;
    const denied = new MachineError('permission-denied', `user ${caller.uid} may not ${operation.replace('-', ' ')}`);
    if (decision === 'deny' || this.#polkit === undefined) throw denied;
    const details = new Map(machine === undefined ? [] : [['machine', machine.name as string]]);
    switch (await this.#polkit.check(decision.polkit, caller, details)) {
      case 'authorized':
        return;
      case 'denied':
        throw denied;
      case 'challenge':
        throw new MachineError('interactive-authentication-required', `${decision.polkit} needs authentication`);
    }
  }
}
