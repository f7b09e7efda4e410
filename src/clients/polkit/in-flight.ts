import { MachineError } from '../../machine/errors.ts';

/** Counts what is under way, for each user and in all, and refuses what would be too much. */
export class InFlight {
  readonly #perUser: number;
  readonly #inAll: number;
  readonly #users = new Map<number, number>();
  #all = 0;

  constructor(perUser: number, inAll: number) {
    this.#perUser = perUser;
    this.#inAll = inAll;
  }

  /** @throws MachineError `limits-exceeded` */
  async count<T>(uid: number, act: () => Promise<T>): Promise<T> {
    const before = this.#users.get(uid) ?? 0;
    if (before >= this.#perUser || this.#all >= this.#inAll) {
      throw new MachineError('limits-exceeded', `too many questions about user ${uid} wait for an answer`);
    }
    this.#users.set(uid, before + 1);
    this.#all++;
    try {
      return await act();
    } finally {
      const left = (this.#users.get(uid) ?? 1) - 1;
      if (left === 0) this.#users.delete(uid);
      else this.#users.set(uid, left);
      this.#all--;
    }
  }
}
