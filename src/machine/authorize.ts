import { MachineError } from './errors.ts';
import type { Machine } from './machine.ts';
import type { Caller } from './operations.ts';
import { decide, type Operation, verbOf } from './privilege.ts';

/** What polkit says of a caller and an action: yes, no, or yes if the user were asked and gave a password. */
export type PolkitAnswer = 'authorized' | 'denied' | 'challenge';

/** The polkit authority of this system, when there is one to ask (polkit(8)). */
export interface Polkit {
  /**
   * Takes time; as much as a user needs to type a password, when the caller is {@link Caller.interactive}.
   * @param action as in `org.freedesktop.machine1.manage-machines`
   * @param details what a rule or a password prompt may look at, as in `machine` → `web`
   * @throws MachineError `limits-exceeded`, `timed-out`
   */
  check(action: string, caller: Caller, details: ReadonlyMap<string, string>): Promise<PolkitAnswer>;
}

/** What an operation is about: a machine, one that is to be (without an owner), or one that is only named. */
export type Subject = Pick<Machine, 'name'> & Partial<Pick<Machine, 'owner' | 'class'>>;

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

  /** Whether a user may do something whatever polkit would say, so that nobody needs to be asked. */
  allowsUnasked(operation: Operation, uid: number, subject?: Subject): boolean {
    return decide(operation, uid, this.#daemonUid, subject?.owner) === 'allow';
  }

  /**
   * Time may pass: what else the request relies on is to be looked at again after it.
   * @param details for polkit's rules, besides those of the subject and the operation: `src`, `dest`, `user` …
   * @throws MachineError `permission-denied`, `interactive-authentication-required`, and what {@link Polkit.check}
   * throws
   */
  async authorize(
    operation: Operation,
    caller: Caller,
    subject?: Subject,
    details: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const decision = decide(operation, caller.uid, this.#daemonUid, subject?.owner);
    if (decision === 'allow') return;
    const denied = new MachineError(
      'permission-denied',
      `user ${caller.uid} may not ${operation.replaceAll('-', ' ')}`,
    );
    if (decision === 'deny' || this.#polkit === undefined) throw denied;
    const told = new Map([...detailsOf(operation, subject), ...Object.entries(details)]);
    switch (await this.#polkit.check(decision.polkit, caller, told)) {
      case 'authorized':
        return;
      case 'denied':
        throw denied;
      case 'challenge':
        throw new MachineError('interactive-authentication-required', `${decision.polkit} needs authentication`);
    }
  }
}

/**
 * What rules know an operation by. systemd 262 calls the machine `machine` when asked over D-Bus and `name` over
 * Varlink; a rule that was written for either is to work for both.
 */
function detailsOf(operation: Operation, subject: Subject | undefined): [string, string][] {
  const verb = verbOf(operation);
  const details: [string, string][] = verb === undefined ? [] : [['verb', verb]];
  if (subject === undefined) return details;
  details.push(['name', subject.name]);
  if (operation === 'register-machine' || operation === 'create-machine') {
    if (subject.class !== undefined) details.push(['class', subject.class]);
  } else {
    details.push(['machine', subject.name]);
  }
  return details;
}
