import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runIn } from './container-process.ts';
import { hasProgram } from './programs.ts';

const run = promisify(execFile);

/** Where a DNS server listens. */
export interface DigServer {
  readonly address: string;
  readonly port: number;
}

/** What dig printed of a response. */
export interface DigAnswer {
  /** As in `NOERROR`. */
  readonly status: string;
  /** As in `qr aa rd`. */
  readonly flags: string;
  /** The records of the answer and the authority section as zone-file lines, one space between fields, in their order. */
  readonly records: readonly string[];
  /** All that dig printed. */
  readonly text: string;
}

/** Why dig cannot ask here, for `describe.skipIf`, or undefined. */
export function digUnavailable(): string | undefined {
  return hasProgram('dig') && hasProgram('dnsmasq')
    ? undefined
    : 'there is no dig and dnsmasq (bind9-dnsutils, dnsmasq-base)';
}

/** Why kdig cannot ask here, for `describe.skipIf`, or undefined. */
export function kdigUnavailable(): string | undefined {
  return hasProgram('kdig') ? undefined : 'there is no kdig (knot-dnsutils)';
}

/**
 * Asks with dig, once, for five seconds.
 * @param parameters as one writes them behind `dig`, in one string
 * @param from the process in whose network namespace it asks. Default: here
 */
export async function dig({ address, port }: DigServer, parameters: string, from?: number): Promise<DigAnswer> {
  const words = [`@${address}`, '-p', `${port}`, '+tries=1', '+timeout=5', ...parameters.split(' ')];
  return answerIn(from === undefined ? (await run('dig', words)).stdout : await runIn(from, 'dig', words));
}

/** Asks with kdig of Knot DNS, which has its own way to read messages. Names go out as they are written. */
export async function kdig({ address, port }: DigServer, parameters: string): Promise<DigAnswer> {
  const words = [`@${address}`, '-p', `${port}`, '+retry=0', '+timeout=5', '+noidn', ...parameters.split(' ')];
  return answerIn((await run('kdig', words)).stdout);
}

function answerIn(text: string): DigAnswer {
  const section = (name: string): string[] => {
    const [, lines = ''] = new RegExp(`^;; ${name} SECTION:\n((?:[^;\n].*\n)+)`, 'm').exec(text) ?? [];
    return lines.split('\n').filter((line) => line !== '');
  };
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? 'none',
    flags: /;; [Ff]lags: ([a-z ]*);/.exec(text)?.[1] ?? '',
    records: [...section('ANSWER'), ...section('AUTHORITY')].map((line) => line.replace(/\s+/g, ' ')),
    text,
  };
}

/** An address of the loopback network that no other test process has. */
export function loopbackAddress(): string {
  return `127.${77 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
}
