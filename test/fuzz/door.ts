import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { projectRoot } from '../support/project-root.ts';

/**
 * A way in for what others wrote. An input is a JSON value (bytes are hexadecimal, `mutatedBytes`), so that one that
 * failed can be a file in fixtures/fuzz/DOOR, which every run tries first.
 */
export interface DoorParts<Input> {
  /** As it is called on the command line, and in fixtures/fuzz. */
  readonly name: string;
  /** Who writes there, and what must hold, in one line. */
  readonly about: string;
  /** How often the short run in `npm test` tries it. */
  readonly shortRuns: number;
  readonly inputs: fc.Arbitrary<Input>;
  /** What is tried first, whatever the seed: inputs that bring about what others seldom do. */
  readonly examples?: readonly Input[];
  /** What the short run's inputs must bring about at least once: words of {@link OpenDoor.try}, or what is behind their arrow. */
  readonly reaches: readonly string[];
  /** Whether what has failed once can be tried on, so that a smaller input that fails is looked for. */
  readonly survives: boolean;
  /** Makes ready what the inputs are sent to. */
  open(): OpenDoor<Input> | Promise<OpenDoor<Input>>;
}

/** A door while it is tried. */
export interface OpenDoor<Input> {
  /** Sends one input. Gives in a word what came of it, or `WHAT → CAME`. @throws where something does not hold that must */
  try(input: Input): string | Promise<string>;
  /** Ends what was started. @throws where something does not hold after all inputs together */
  close?(): void | Promise<void>;
}

/** How long a door is tried: so many inputs, or so many milliseconds. The same seed gives the same inputs. */
export interface Extent {
  readonly seed: number;
  readonly runs?: number;
  readonly milliseconds?: number;
}

/** A door, whatever its inputs are. */
export interface Door extends Pick<DoorParts<unknown>, 'name' | 'about' | 'shortRuns'> {
  /**
   * Gives how many inputs came to what.
   * @throws an Error with the seed and the smallest input that fails, or with what was never reached
   */
  run(extent: Extent): Promise<ReadonlyMap<string, number>>;
}

export function door<Input>({
  name,
  about,
  shortRuns,
  inputs,
  examples = [],
  survives,
  reaches,
  open,
}: DoorParts<Input>): Door {
  return {
    name,
    about,
    shortRuns,
    async run({ seed, runs = Number.MAX_SAFE_INTEGER, milliseconds }) {
      const opened = await open();
      const came = new Map<string, number>();
      const property = fc.asyncProperty(inputs, async (input) => {
        const what = await opened.try(input);
        came.set(what, (came.get(what) ?? 0) + 1);
      });
      let failure: string | undefined;
      try {
        for (const [file, input] of knownInputs<Input>(name)) {
          try {
            await opened.try(input);
          } catch (error) {
            throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
          }
        }
        const until = milliseconds === undefined ? {} : { interruptAfterTimeLimit: milliseconds };
        const endOnFailure = !survives;
        const parameters = {
          seed,
          numRuns: runs,
          markInterruptAsFailure: false,
          endOnFailure,
          ...until,
          examples: examples.map((input): [Input] => [input]),
        };
        const details = await fc.check(property, parameters);
        if (details.failed) failure = describeFailure(name, details);
      } finally {
        await opened.close?.();
      }
      if (failure !== undefined) throw new Error(failure);
      const all = [...came.keys()];
      const missed = reaches.filter((what) => !all.some((word) => word === what || word.endsWith(` → ${what}`)));
      if (missed.length > 0) {
        const table = [...came].map(([what, count]) => `${count} came to ${what}`).sort();
        throw new Error(`${name}, seed ${seed}: no input came to ${missed.join(', ')}\n${table.join('\n')}`);
      }
      return came;
    },
  };
}

/** Inputs that failed once, by the files that they are in. */
function knownInputs<Input>(name: string): [file: string, input: Input][] {
  const directory = join(projectRoot, 'fixtures/fuzz', name);
  const files = existsSync(directory) ? readdirSync(directory).sort() : [];
  return files.map((file) => [file, JSON.parse(readFileSync(join(directory, file), 'utf8'))]);
}

type Failed = Pick<fc.RunDetails<[unknown]>, 'seed' | 'counterexample' | 'errorInstance'>;

function describeFailure(name: string, { seed, counterexample, errorInstance }: Failed): string {
  const why = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const file = join(tmpdir(), `mymachines-fuzz-${name}-${seed}.json`);
  writeFileSync(file, `${JSON.stringify(counterexample?.[0])}\n`);
  return `${name}, seed ${seed}: ${why}\nThe input is in ${file}: it is to be kept as fixtures/fuzz/${name}/WHAT.json`;
}
