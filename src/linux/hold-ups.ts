import { performance } from 'node:perf_hooks';
import process from 'node:process';

/** The event loop did nothing else for a while. */
export interface HoldUp {
  /** What did it, as far as is known, as in `netlink`. */
  readonly by: string;
  /** For how many milliseconds. */
  readonly milliseconds: number;
  /** How many of them this process had a processor, at most: on a busy host it may have got none. */
  readonly processor: number;
}

/**
 * Notices when the event loop is held up for 50 ms or more, and by what.
 *
 * No timer does this, which would wake up a process that has nothing to do. Whoever calls back says when he begins and
 * ends, and who knows better what takes long says so himself ({@link took}). What is left is found when next somebody
 * begins: the time in which Node's loop did not wait for anything, and nobody says that it was he. So what holds up a
 * process that nobody asks anything is told late, or, if other things were done meanwhile, not at all.
 */
export class HoldUps {
  readonly #tell: (holdUp: HoldUp) => void;
  /** When all of these were read, in milliseconds of performance.now(). */
  #at = 0;
  /** For how many milliseconds Node's loop had waited. */
  #idle = 0;
  #turns = 0;
  /** Milliseconds. */
  #processor = 0;
  /** Milliseconds since then of which it is known who it was. */
  #known = 0;
  #begun = 0;
  #inRound = false;
  /** Milliseconds of the round that were told by whoever took them. */
  #told = 0;
  /** What was last called back that has a name, unless that was before a pause. */
  #last = '';
  #watching = false;

  /** @param tell told of each, from inside of what is called here. It must not throw. */
  constructor(tell: (holdUp: HoldUp) => void) {
    this.#tell = tell;
  }

  /** Begins: what was before, as a start that takes its time, holds up nobody. */
  start(): void {
    this.#watching = true;
    this.#read(performance.now());
  }

  /** A round of callbacks begins, at this time of performance.now(). */
  begin(now: number): void {
    this.#begun = now;
    this.#told = 0;
    this.#inRound = true;
    if (!this.#watching) return;
    const since = now - this.#at;
    if (since < LIMIT) return;
    const { idle } = performance.eventLoopUtilization();
    const busy = since - (idle - this.#idle) - this.#known;
    const turns = performance.nodeTiming.uvMetricsInfo.loopCount - this.#turns;
    // Many turns that took a little each are nobody's fault.
    if (busy >= LIMIT && (turns <= FEW || busy / turns >= LIMIT)) {
      this.#report(`timers or promises${this.#last && `, after ${this.#last}`}`, busy);
    }
    this.#read(now);
    this.#last = '';
  }

  /** It ends, at this time. @param by what was called back, if nothing better is known */
  end(now: number, by: string): void {
    this.#inRound = false;
    if (!this.#watching) return;
    const round = now - this.#begun;
    this.#known += round;
    if (round - this.#told >= LIMIT) this.#report(by, round - this.#told);
    if (now - this.#at >= READ_EVERY) this.#read(now);
  }

  /** Something that is being called back took this many milliseconds; told where they are too many. */
  took(by: string, milliseconds: number): void {
    this.#last = by;
    if (!this.#inRound) this.#known += milliseconds;
    if (milliseconds < LIMIT || !this.#watching) return;
    this.#told += milliseconds;
    this.#report(by, milliseconds);
  }

  #report(by: string, milliseconds: number): void {
    const processor = Math.min(milliseconds, processorTime() - this.#processor);
    this.#tell({ by: by.slice(0, LONGEST_NAME), milliseconds, processor });
  }

  #read(now: number): void {
    this.#at = now;
    this.#idle = performance.eventLoopUtilization().idle;
    this.#turns = performance.nodeTiming.uvMetricsInfo.loopCount;
    this.#processor = processorTime();
    this.#known = 0;
  }
}

/** Milliseconds that all threads of this process have had of processors. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds. Nobody notices less; a pause of the garbage collector is shorter, too. */
const LIMIT = 50;
/** Characters: whoever calls a method that there is not chooses its name. */
const LONGEST_NAME = 100;
/** Milliseconds, so that reading costs next to nothing. */
const READ_EVERY = 10;
/**
 * Turns of Node's loop: one of them was it then, most likely, and the others a wait, a timer, what was waited for. A quiet
 * machine has one turn for each of these, a busy one does several in one.
 */
const FEW = 8;
