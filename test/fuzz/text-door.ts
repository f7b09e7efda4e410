import fc from 'fast-check';
import { type Door, door } from './door.ts';
import { hostileText, mutatedTexts } from './hostile.ts';
import { stopwatch } from './stopwatch.ts';

/** Milliseconds that reading one text may take: 64 KiB of the worst take one to five on an idle machine. */
const PATIENCE = 25;
const AGAIN = 10;

/** What reads a text that somebody else wrote. */
export interface TextReader {
  /** Texts as they are in the world. */
  readonly samples: readonly string[];
  /** Errors that say that it is not such a text. */
  readonly refusals?: readonly (new (
    ...parameters: never[]
  ) => Error)[];
  /** Reads it. @throws a refusal, or where what was read is not as it must be */
  read(text: string): void;
}

/** A door behind which a text is read, by whichever of the readers an input names: in time, and with no other error. */
export function textDoor(name: string, about: string, readers: Readonly<Record<string, TextReader>>): Door {
  const inputs = Object.entries(readers).map(([reader, { samples }]) => {
    const lines = samples.flatMap((sample) => sample.split('\n'));
    const text = fc.oneof(
      { weight: 8, arbitrary: mutatedTexts(samples) },
      {
        weight: 2,
        arbitrary: fc
          .array(fc.oneof(fc.constantFrom(...lines), mutatedTexts(lines), hostileText), { maxLength: 8 })
          .map((all) => all.join('\n')),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...lines, ' ', '"', '\\', ':', '['), fc.constantFrom(100, 3000))
          .map(([line, times]) => line.repeat(times).slice(0, 65_536)),
      },
      { weight: 1, arbitrary: hostileText },
    );
    return fc.record({ reader: fc.constant(reader), text });
  });
  return door({
    name,
    about,
    shortRuns: 6000,
    survives: true,
    reaches: Object.entries(readers).flatMap(([reader, { refusals = [] }]) =>
      refusals.length === 0 ? [`${reader} read`] : [`${reader} read`, `${reader} refused`],
    ),
    inputs: fc.oneof(...inputs),
    open: () => ({
      try({ reader, text }) {
        const { read, refusals = [] } = readers[reader] as TextReader;
        let came = 'read';
        for (let round = 0; round < AGAIN; round++) {
          const stop = stopwatch(process.pid);
          try {
            read(text);
          } catch (error) {
            if (!refusals.some((kind) => error instanceof kind)) throw error;
            came = 'refused';
          }
          const time = stop();
          if (time <= PATIENCE) break;
          if (round === AGAIN - 1) throw new Error(`${text.length} characters were read in ${time} ms`);
        }
        return `${reader} ${came}`;
      },
    }),
  });
}

/** @throws Error with what is wrong, where it is */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
