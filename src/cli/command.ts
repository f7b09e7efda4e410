import type { Arguments, OptionSpec } from './arguments.ts';
import type { Output } from './output.ts';

/** What a command needs of the process it runs in. */
export interface Context {
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
  readonly uid: number;
}

/** One word of `mymachines WORD …`. */
export interface Command {
  /** Operands and options, as usage shows them. */
  readonly synopsis: string;
  /** One line for the overview. */
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** How many operands it takes, at least and at most. */
  readonly operands: readonly [number, number];
  /** After so many operands all words are operands, also those that look like options. */
  readonly optionsBefore?: number;
  /** Runs to the end; the result is the exit status. */
  run(args: Arguments, context: Context): Promise<number>;
}
