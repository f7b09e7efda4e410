import { parseArgs } from 'node:util';
import { UsageError } from './failures.ts';

/** How results are printed: as text, or as JSON in one line or in several (systemd's `--json=` modes). */
export type JsonMode = 'off' | 'short' | 'pretty';

/** An option of a command: a switch, or one that takes a value, once or several times. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly multiple?: boolean;
  /** One letter. */
  readonly short?: string;
}

/** A command line, taken apart. */
export interface Arguments {
  readonly operands: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
}

/** Options that every command that prints something has. `no-pager` is there for habit: nothing is ever paged. */
export const outputOptions: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'string' },
  'no-legend': { type: 'boolean' },
  'no-pager': { type: 'boolean' },
  'runtime-dir': { type: 'string' },
};

/**
 * Takes a command line apart; throws a {@link UsageError} that names what is wrong.
 * `--json` and `-j` without a mode mean `pretty` on a terminal and `short` elsewhere, as in systemd's tools.
 * @param optionsBefore as of a command
 */
export function parseArguments(
  tokens: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
  output: { readonly terminal: boolean },
  optionsBefore: number = Number.POSITIVE_INFINITY,
): Arguments {
  const own = wordsBefore(tokens, options, optionsBefore);
  if (own < tokens.length) {
    const { operands, values } = parseArguments(tokens.slice(0, own), options, output);
    const others = tokens.slice(own);
    return { operands: [...operands, ...(others[0] === '--' ? others.slice(1) : others)], values };
  }
  const bare = (): string => (output.terminal ? '--json=pretty' : '--json=short');
  const end = tokens.indexOf('--');
  const args = tokens.map((token, index) =>
    (token === '--json' || token === '-j') && (end < 0 || index < end) ? bare() : token,
  );
  try {
    const { positionals, values } = parseArgs({ args, options: { ...options }, allowPositionals: true });
    return { operands: positionals, values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** How many words there are up to an operand, with it. */
function wordsBefore(args: readonly string[], options: Readonly<Record<string, OptionSpec>>, operands: number): number {
  const settings = { args: [...args], options: { ...options }, allowPositionals: true, strict: false, tokens: true };
  const places = parseArgs(settings as typeof settings & { tokens: true }).tokens.flatMap(({ kind, index }) =>
    kind === 'positional' ? [index] : [],
  );
  const last = places[operands - 1];
  return last === undefined ? args.length : last + 1;
}

/** The mode of `--json=`; off when the option is not given. */
export function jsonMode(values: Arguments['values']): JsonMode {
  const mode = values['json'] ?? 'off';
  if (mode === 'off' || mode === 'short' || mode === 'pretty') return mode;
  throw new UsageError(`--json= takes pretty, short or off, not '${String(mode)}'`);
}

/** Reads a decimal number within bounds; throws a {@link UsageError} that names the option. */
export function parseNumber(text: string, what: string, minimum: number, maximum: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    throw new UsageError(`${what} takes a number from ${minimum} to ${maximum}, not '${text}'`);
  }
  return value;
}
