import { parseArgs } from 'node:util';

/** How the bench is to be run. */
export interface Options {
  readonly rounds: number;
  /** Counted time and time before it of every measurement, in seconds. */
  readonly seconds: number;
  readonly warmUp: number;
  readonly machines: readonly number[];
  readonly connections: readonly number[];
  /** Only workloads with this in their name. */
  readonly only: string;
  readonly json: boolean;
  /** systemd-machined on both sides: how far from 1 a ratio gets by chance. */
  readonly control: boolean;
}

export const USAGE = `Usage: npm run bench -- [OPTION]...
Measures mymachines side by side with the real systemd-machined, in a Debian booted for it. Needs root.

  --rounds N            how often each pair of measurements is repeated (5)
  --seconds S           counted time of one measurement (1)
  --machines N,...      numbers of registered machines (10,480,1000)
  --connections N,...   numbers of connections (1,4,16)
  --only TEXT           only the workloads with TEXT in their name
  --json                the whole result as JSON instead of a table
  --quick               one short round with few machines: shows that the bench works, its figures mean nothing
  --control             systemd-machined on both sides, to see how much is chance
`;

/** A wrong command line; the message says what is wrong with it. */
export class UsageError extends Error {}

/** Reads the command line; undefined when it asks for help. Throws a {@link UsageError}. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const quick = values.quick;
  const seconds = positive('--seconds', values.seconds ?? (quick ? '0.1' : '1'));
  return {
    rounds: whole('--rounds', values.rounds ?? (quick ? '1' : '5')),
    seconds,
    warmUp: Math.min(0.3, seconds),
    machines: wholes('--machines', values.machines ?? (quick ? '3,12' : '10,480,1000')),
    connections: wholes('--connections', values.connections ?? (quick ? '1,4' : '1,4,16')),
    only: values.only ?? '',
    json: values.json,
    control: values.control,
  };
}

function parse(args: readonly string[]) {
  const value = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: value,
        seconds: value,
        machines: value,
        connections: value,
        only: value,
        json: flag,
        quick: flag,
        control: flag,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** In ascending order, each once: machines are only ever added. */
function wholes(option: string, text: string): number[] {
  const numbers = text.split(',').map((part) => whole(option, part));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function whole(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new UsageError(`${option} takes whole numbers from 1 to 999999, not '${text}'`);
  return Number(text);
}

function positive(option: string, text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number > 0)) throw new UsageError(`${option} takes a number above 0, not '${text}'`);
  return number;
}
