import { parseArgs } from 'node:util';
import { fullSizes, quickSizes, type Sizes } from './plan.ts';
import type { Manner } from './run-rows.ts';

/** How the bench is to be run. */
export interface Options extends Manner {
  readonly sizes: Sizes;
  /** Instead of the plan: every question with so many machines and connections, and nothing else. */
  readonly grid?: { readonly machines: readonly number[]; readonly connections: readonly number[] };
  /** Only what has this in its name. */
  readonly only: string;
  /** Of the file that is copied while lookups are measured. */
  readonly mebibytes: number;
  readonly json: boolean;
  /** systemd-machined on both sides: how far from 1 a ratio gets by chance. */
  readonly control: boolean;
  /** Lookups before memory is looked at. */
  readonly lookups: number;
  /**
   * Seconds after the last event until memory and wake-ups are looked at. A process has collected garbage by then and
   * given memory back.
   */
  readonly settling: number;
  /** Seconds in which nothing is to happen. */
  readonly idle: number;
  /** Time of a measurement with DNS, which dnsperf takes in whole seconds. */
  readonly dnsSeconds: number;
  /** Where results.md and lookups.svg are written: by a whole run into the checkout, else only if told. */
  readonly out: string | undefined;
}

export const USAGE = `Usage: npm run bench -- [OPTION]...
Measures mymachines side by side with what one would have without it: the real systemd-machined, in a Debian booted for
it; dnsmasq; a script with nsenter. A whole run takes a quarter of an hour, writes bench/results.md and docs/lookups.svg,
and wants a machine where nothing else happens. Needs root.

  --rounds N            how often each pair of measurements is repeated (5)
  --seconds S           counted time of one measurement (1)
  --only TEXT           only what has TEXT in its name: a question, DNS, script, busy-poll, changes, copies,
                        many
  --machines N,...      instead of the plan, all questions with so many machines
  --connections N,...   and so many connections (1,4,16)
  --json                the whole result as JSON instead of a table
  --out DIRECTORY       write results.md and lookups.svg there, whatever was measured
  --quick               one short round with few machines: shows that the bench works, its figures mean nothing
  --control             systemd-machined on both sides, to see how much is chance
`;

/** A wrong command line; the message says what is wrong with it. */
export class UsageError extends Error {}

/** Reads the command line; undefined when it asks for help. Throws a {@link UsageError}. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const { quick, machines, connections } = values;
  const seconds = positive('--seconds', values.seconds ?? (quick ? '0.1' : '1'));
  const gridded = machines !== undefined || connections !== undefined;
  return {
    sizes: quick ? quickSizes : fullSizes,
    rounds: whole('--rounds', values.rounds ?? (quick ? '1' : '5')),
    seconds,
    warmUp: Math.min(0.3, seconds),
    ...(gridded && {
      grid: {
        machines: wholes('--machines', machines ?? '10,480,1000'),
        connections: wholes('--connections', connections ?? '1,4,16'),
      },
    }),
    only: values.only ?? '',
    mebibytes: quick ? 16 : 1024,
    json: values.json,
    control: values.control,
    lookups: quick ? 2000 : 1_000_000,
    settling: quick ? 0.2 : 60,
    idle: quick ? 0.5 : 10,
    dnsSeconds: quick ? 1 : 3,
    out: values.out,
  };
}

/** Whether all of the plan is measured, so that the result is one to be kept. */
export function isWhole({ sizes, grid, only, control }: Options): boolean {
  return sizes === fullSizes && grid === undefined && only === '' && !control;
}

/** Whether something is to be measured besides the grid, if its name is wanted. */
export function isWanted({ grid, only, control }: Options, name: string): boolean {
  return grid === undefined && !control && name.includes(only);
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
        out: value,
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
