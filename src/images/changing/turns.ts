import { MachineError, SystemFailure } from '../../machine/errors.ts';

/** What is to be done with an image: others may copy it at the same time, or nobody may do anything with it. */
export interface Use {
  /** Absent: it is about no image that there is. */
  readonly path?: string;
  readonly shared: boolean;
  /** It takes as long as there are files. */
  readonly long: boolean;
}

/** Changes that are under way at one time, those that wait included: as many as systemd 262 lets be. */
const MAXIMUM = 64;
/** Processes at one time, of some 40 MB each: for copies and removals, and for what is done in no time. */
const LONG_AT_A_TIME = 6;
const SHORT_AT_A_TIME = 4;

/** Lets a bounded number of changes go on at one time, and none of an image that another is about. */
export class Turns {
  readonly #uses = new Set<Use>();
  readonly #lanes = {
    long: { room: LONG_AT_A_TIME, waiting: [] as (() => void)[] },
    short: { room: SHORT_AT_A_TIME, waiting: [] as (() => void)[] },
  };

  /** Whether something is being done with an image. */
  inUse(path: string): boolean {
    return [...this.#uses].some((use) => use.path === path);
  }

  /**
   * Does it when it is its turn.
   * @throws MachineError `too-many-operations`, SystemFailure EBUSY while something else is done with the image; at once
   */
  async take<T>(use: Use, act: () => Promise<T>): Promise<T> {
    if (this.#uses.size >= MAXIMUM) throw new MachineError('too-many-operations', 'Too many ongoing operations.');
    for (const other of this.#uses) {
      if (use.path !== undefined && use.path === other.path && !(use.shared && other.shared)) {
        throw new SystemFailure(
          EBUSY,
          'EBUSY',
          `Device or resource busy: another operation on ${use.path} is under way`,
        );
      }
    }
    this.#uses.add(use);
    const lane = this.#lanes[use.long ? 'long' : 'short'];
    try {
      if (lane.room > 0) lane.room--;
      else await new Promise<void>((start) => lane.waiting.push(start));
      try {
        return await act();
      } finally {
        const next = lane.waiting.shift();
        if (next === undefined) lane.room++;
        else next();
      }
    } finally {
      this.#uses.delete(use);
    }
  }
}

const EBUSY = 16;
