import { randomInt } from 'node:crypto';
import type { IdMapLine } from '../../machine/id-map.ts';
import type { NamedRun } from '../../resolver/named-run.ts';
import { RunRecords } from './run-records.ts';

/**
 * Runs of ids that were asked for, found again by an id on the host or by the label in a name, with two looks at memory:
 * one at an index, one at the run. It knows only what it was told: what it does not know is to be asked of others, and
 * what changes there is to be forgotten here.
 */
export class KnownRuns {
  readonly records: RunRecords = new RunRecords();
  /**
   * By the upper half of an id: the run that has the first of all ids with that half, and the one that has the last. All
   * of a run that has 65536 ids or more is found so, wherever it starts, and nearly all have as many.
   */
  #heads = none;
  #tails = none;
  /** By a hash of the label, there or in one of the places that follow. */
  #labels = none;
  /** So that nobody can choose names that get in another's way. */
  readonly #seed = randomInt(2 ** 31);
  readonly #hash = (text: Uint8Array, start: number, end: number): number => hash(text, start, end, this.#seed);

  /** The run that an id on the host is in; 0 when none is known. */
  byId(id: number): number {
    const { records } = this;
    const half = id >>> 16;
    const head = this.#heads[half];
    if (head === undefined) return 0;
    if (records.has(head, id)) return head;
    const tail = this.#tails[half] as number;
    return records.has(tail, id) ? tail : 0;
  }

  /** A run with the label that the bytes of a text from `start` up to `end` are; 0 when none is known. */
  byLabel(text: Uint8Array, start: number, end: number): number {
    const labels = this.#labels;
    if (labels.length === 0) return 0;
    const mask = labels.length - 1;
    const first = hash(text, start, end, this.#seed);
    for (let place = first; place < first + PLACES; place++) {
      const run = labels[place & mask] as number;
      if (this.records.hasLabel(run, text, start, end)) return run;
    }
    return 0;
  }

  /** Takes note of a run, if it can be found again by an id that is in it, or by its label. */
  add(run: NamedRun, id: number): void {
    const { records } = this;
    // Before anything is looked up: what is found is no longer known afterwards.
    if (records.last >= MOST) this.#clear();
    const label = Buffer.from(run.label, 'latin1');
    const labelled = this.byLabel(label, 0, label.length);
    const half = id >>> 16;
    const isHead = run.outside <= half * HALF;
    const isTail = run.outside + run.count >= (half + 1) * HALF;
    const found = labelled !== 0 && records.isSame(labelled, run) ? labelled : this.byId(id);
    // One of several runs with that label, and a short one.
    if (found === 0 && labelled !== 0 && !isHead && !isTail) return;
    const known = found === 0 ? records.make(run) : found;
    if (labelled === 0) this.#enterLabel(known);
    if (!isHead && !isTail) return;
    if (this.#heads.length === 0) {
      this.#heads = new Uint32Array(HALF);
      this.#tails = new Uint32Array(HALF);
    }
    (isHead ? this.#heads : this.#tails)[half] = known;
  }

  /** Forgets all runs with a label, and all that share the upper half of an id with some lines. */
  forget(label: string, lines: readonly IdMapLine[]): void {
    const { records } = this;
    if (records.last === 0) return;
    const text = Buffer.from(label, 'latin1');
    for (let run = this.byLabel(text, 0, text.length); run !== 0; run = this.byLabel(text, 0, text.length)) {
      records.kill(run);
    }
    if (this.#heads.length === 0) return;
    for (const { outside, count } of lines) {
      const last = (outside + count - 1) >>> 16;
      for (let half = outside >>> 16; half <= last; half++) {
        records.kill(this.#heads[half] as number);
        records.kill(this.#tails[half] as number);
      }
    }
  }

  #clear(): void {
    this.records.clear();
    this.#heads = this.#tails = this.#labels = none;
  }

  #enterLabel(run: number): void {
    const { records } = this;
    if (2 * records.last >= this.#labels.length) {
      const entered = this.#labels;
      this.#labels = new Uint32Array(Math.max(FIRST_ROOM, 2 * entered.length));
      // No others: one that is nowhere any more would not be forgotten either.
      for (const each of entered) if (!records.isDead(each)) this.#placeLabel(each);
    }
    this.#placeLabel(run);
  }

  /** Where many have nearly the same hash, not all are found by their labels. */
  #placeLabel(run: number): void {
    const { records } = this;
    const labels = this.#labels;
    const first = records.withLabel(run, this.#hash);
    for (let place = first; place < first + PLACES; place++) {
      const at = place & (labels.length - 1);
      if (!records.isDead(labels[at] as number)) continue;
      labels[at] = run;
      return;
    }
  }
}

/** As many ids have the same upper half, and as many halves there are. */
const HALF = 65_536;
/** Runs; what is no longer good is among them. They take 2 MiB, and are all forgotten when there are more. */
const MOST = 32_768;
/** Labels. */
const FIRST_ROOM = 32;
const PLACES = 8;
const none = new Uint32Array(0);

/** FNV-1a from a number of our own, 31 bits. */
function hash(text: Uint8Array, start: number, end: number, seed: number): number {
  let value = seed;
  for (let at = start; at < end; at++) value = Math.imul(value ^ (text[at] as number), 0x0100_0193);
  return (value ^ (value >>> 15)) & 0x7fff_ffff;
}
