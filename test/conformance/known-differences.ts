/** Which questions are known to be answered differently, and by which row of docs/differences.md. */
export interface KnownDifference {
  /** The row's id. */
  readonly id: string;
  /** What the question ids look like. Every such question must be answered differently. */
  readonly questions: RegExp;
  /** What our answer must look like, as JSON. Absent: anything but theirs. */
  readonly ours?: RegExp;
  /** Set where equal answers are right as well, because the questions are random. */
  readonly sometimes?: true;
}

const noRecord = /NoRecordFound"\}/;

export const knownDifferences: readonly KnownDifference[] = [
  { id: 'no-user-namespace', questions: /^userdb host (user|group): .*"v[ug]-(plain|sub|inside)-/, ours: noRecord },
  { id: 'host-range', questions: /^userdb host (user|group): .*"v[ug]-low-/, ours: noRecord },
];

/** Rows that no question here can show, and why. */
export const notAsked: Readonly<Record<string, string>> = {
  overlap: 'systemd-machined answers by chance; test/machine/id-index.test.ts shows ours',
};
