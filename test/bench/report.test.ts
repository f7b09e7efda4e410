import { describe, expect, test } from 'vitest';
import { report } from '../../bench/report.ts';
import type { BenchResult, Row, Side } from '../../bench/result.ts';

const just = (median: number) => ({ median, lowest: median, highest: median });
const side = (rate: number): Side => ({
  rate: just(rate),
  p50: just(1e6 / rate),
  p99: just(3e6 / rate),
  processorTime: just(12.34),
  residentMemory: 1,
});
const row = (more: Partial<Row>): Row => ({
  workload: 'userdb by uid',
  protocol: 'varlink',
  machines: 10,
  connections: 1,
  ...more,
});
const ceilings = [
  { protocol: 'dbus', generator: 'C', connections: 1, rate: 9000 },
  { protocol: 'varlink', generator: 'C', connections: 1, rate: 18_000 },
] as const;
const result = (rows: Row[], more: Partial<BenchResult> = {}): BenchResult => ({
  date: '2026-11-21T12:00:00Z',
  system: { processor: 'A processor', processors: 2, kernel: '6.18', node: 'v20', busy: 0.05 },
  reference: { name: 'systemd-machined', version: '262' },
  candidate: { name: 'mymachines', version: '0.1.0' },
  generator: { used: 'C', ceilings },
  rounds: 5,
  seconds: 1,
  rows,
  disagreements: [],
  ...more,
});
const line = (text: string, start: string) => text.split('\n').find((one) => one.startsWith(start));

describe('the report', () => {
  test('a row has both services with rate, latency and processor time, and the ratio with its spread', () => {
    const ratio = { median: 1.5, lowest: 1.25, highest: 1.75 };
    const text = report(result([row({ reference: side(8000), candidate: side(12_000), ratio })]));
    expect(line(text, 'userdb by uid')?.split(/\s{2,}/)).toEqual([
      'userdb by uid',
      '10',
      '1',
      '8,000',
      '125',
      '12.3',
      '12,000',
      '83',
      '12.3',
      '1.50x (1.25x to 1.75x)',
    ]);
  });

  test('columns stand under their headings, and the services above theirs', () => {
    const lines = report(result([row({ reference: side(8000), candidate: side(12_000), ratio: just(1.5) })])).split(
      '\n',
    );
    const at = lines.findIndex((one) => one.includes('connections  '));
    const end = (text: string, word: string) => text.indexOf(word) + word.length;
    expect(end(lines[at] as string, 'calls/s')).toBe(end(lines[at + 1] as string, '8,000'));
    expect(lines[at - 1]?.indexOf('systemd-machined')).toBe(lines[at]?.indexOf('calls/s'));
    expect(lines[at - 1]?.indexOf('mymachines')).toBe(lines[at]?.lastIndexOf('calls/s'));
  });

  test('where answers differ there is no ratio, and the answers are shown', () => {
    const difference = { question: '{"q":1}', reference: '{"a":1}', candidate: '{"a":2}' };
    const disagreements = [{ workload: 'userdb by uid', machines: 10, differences: [difference] }];
    const text = report(result([row({ refused: 'answers differ' })], { disagreements }));
    expect(line(text, 'userdb by uid')).toMatch(/none: answers differ$/);
    for (const shown of Object.values(difference)) expect(text).toContain(shown);
  });

  test('a figure near the generator’s own ceiling is marked, and the mark explained', () => {
    const near = row({ reference: side(8000), candidate: side(15_000), ratio: just(1.9) });
    const far = row({ reference: side(8000), candidate: side(14_000), ratio: just(1.8) });
    expect(line(report(result([near])), 'userdb by uid')).toMatch(/ \*$/);
    expect(report(result([near]))).toContain('\n* ');
    expect(report(result([far]))).not.toContain('*');
    const bus = row({ ...far, protocol: 'dbus' });
    expect(line(report(result([bus])), 'userdb by uid')).toMatch(/ \*$/);
  });

  test('the ceiling of each protocol is given, and for D-Bus that there were two buses', () => {
    const text = report(result([row({ protocol: 'dbus' })]));
    expect(text).toContain('calls/s with a server that does nothing (connections): 18,000 (1)');
    expect(text).toContain('calls/s with a service that does nothing behind a dbus-daemon (connections): 9,000 (1)');
    expect(text).toContain('each service behind a dbus-daemon of its own');
    expect(report(result([row({})]))).not.toContain('of its own');
  });

  test('what was measured on a busy machine says so', () => {
    const { system } = result([]);
    expect(report(result([], { system: { ...system, busy: 0.34 } }))).toContain('NOT A QUIET MACHINE: 34 %');
    expect(report(result([]))).not.toContain('QUIET');
  });

  test('a note is printed once, with the number of machines it is about', () => {
    const rows = [1, 4].map((connections) => row({ connections, machines: 600, ratio: just(2), note: 'limit raised' }));
    expect(report(result(rows)).match(/600 machines: limit raised\./g)).toHaveLength(1);
  });
});
