import { describe, expect, test } from 'vitest';
import { judge } from '../../bench/goal.ts';
import { markdown } from '../../bench/markdown.ts';
import { report } from '../../bench/report.ts';
import type { BenchResult, Figure, Row, Side } from '../../bench/result.ts';

const just = (median: number) => ({ median, lowest: median, highest: median });
const side = (rate: number): Side => ({
  rate: just(rate),
  p50: just(1e6 / rate),
  p99: just(3e6 / rate),
  processorTime: just(12.34),
});
const row = (more: Partial<Row>): Row => ({
  workload: 'userdb by uid',
  protocol: 'varlink',
  machines: 10,
  connections: 1,
  against: 'systemd-machined',
  goals: [],
  ...more,
});
const ceilings = [
  { protocol: 'dbus', generator: 'C', connections: 1, rate: 9000 },
  { protocol: 'varlink', generator: 'C', connections: 1, rate: 18_000 },
] as const;
const result = (rows: Row[], more: Partial<BenchResult> = {}): BenchResult => ({
  date: '2026-11-21T12:00:00Z',
  system: { processor: 'A processor', processors: 2, kernel: '6.18', node: 'v20', busy: 0.05 },
  programs: [
    { name: 'systemd-machined', version: '262' },
    { name: 'mymachines', version: '0.1.0' },
  ],
  generator: { used: 'C', ceilings },
  rounds: 5,
  seconds: 1,
  rows,
  figures: [],
  disagreements: [],
  ...more,
});
const line = (text: string, start: string) => text.split('\n').find((one) => one.startsWith(start));
const memory: Figure = {
  what: 'resident memory',
  unit: 'MiB',
  value: { median: 61.25, lowest: 60, highest: 62 },
  goal: judge({ atMost: 60 }, 61.25),
};

describe('the report', () => {
  test('a row has both sides with rate, latency and processor time, the ratio with its spread, and its goal', () => {
    const ratio = { median: 1.5, lowest: 1.25, highest: 1.75 };
    const goals = [judge({ atLeast: 1.7 }, 1.5)];
    const text = report(result([row({ reference: side(8000), candidate: side(12_000), ratio, goals })]));
    expect(line(text, 'userdb by uid')?.split(/\s{2,}/)).toEqual([
      'userdb by uid',
      '10',
      '1',
      'systemd-machined',
      '8,000',
      '125',
      '12.3',
      '12,000',
      '83',
      '12.3',
      '1.50x (1.25x to 1.75x)',
      'NOT MET: at least 1.7x',
    ]);
  });

  test('columns stand under their headings, figures to the right', () => {
    const lines = report(result([row({ reference: side(8000), candidate: side(12_000), ratio: just(1.5) })])).split(
      '\n',
    );
    const at = lines.findIndex((one) => one.startsWith('question'));
    const end = (text: string, word: string) => text.indexOf(word) + word.length;
    expect(end(lines[at] as string, 'its calls/s')).toBe(end(lines[at + 1] as string, '8,000'));
    expect(lines[at]?.indexOf('ratio')).toBe(lines[at + 1]?.indexOf('1.50x'));
  });

  test('of a row over DNS what was lost is told, and several goals are', () => {
    const goals = [
      judge({ atLeast: 1.15 }, 1.2),
      judge({ what: 'CPU', atMost: 0.8 }, 0.7),
      judge({ what: 'lost', atMost: 0 }, 3),
    ];
    const dns = row({
      protocol: 'dns',
      reference: { ...side(9), lost: 0 },
      candidate: { ...side(9000), lost: 3 },
      ratio: just(1.2),
      goals,
    });
    const text = report(result([dns]));
    expect(text).toContain('9,000, 3 lost');
    expect(text).toContain('met: at least 1.15x; met: CPU at most 0.8x; NOT MET: lost at most 0');
  });

  test('where answers differ there is no ratio, and the answers are shown', () => {
    const difference = { question: '{"q":1}', reference: '{"a":1}', candidate: '{"a":2}' };
    const disagreements = [
      { workload: 'userdb by uid', against: 'systemd-machined', machines: 10, differences: [difference] },
    ];
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

  test('a row with a ceiling of its own is marked by that, which is told beside how often it is the reference’s', () => {
    const list = row({
      protocol: 'process',
      ceiling: 3.9,
      reference: side(0.32),
      candidate: side(3.2),
      ratio: just(10),
    });
    expect(line(report(result([list])), 'userdb by uid')).toMatch(/ \*$/);
    expect(report(result([list]))).toContain(
      '10 machines, 1 at a time: 3.9 calls/s with a service that gives constant answers, 12.19x of systemd-machined',
    );
    expect(report(result([{ ...list, candidate: side(3) }]))).not.toContain('*');
    const bus = row({
      protocol: 'dbus',
      ceiling: 20_000,
      reference: side(1000),
      candidate: side(8000),
      ratio: just(8),
    });
    expect(line(report(result([bus])), 'userdb by uid')).not.toMatch(/ \*$/);
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

  test('a note is printed once, with what it is about', () => {
    const rows = [1, 4].map((connections) => row({ connections, machines: 600, ratio: just(2), note: 'limit raised' }));
    expect(report(result(rows)).match(/userdb by uid, 600 machines: limit raised\./g)).toHaveLength(1);
  });

  test('a figure has its unit, its spread and its goal', () => {
    expect(report(result([], { figures: [memory] }))).toContain(
      'resident memory  61.3 MiB (60 to 62)  NOT MET: at most 60 MiB',
    );
  });
});

describe('the document', () => {
  test('has the same in tables, and how many goals are met', () => {
    const goals = [judge({ atLeast: 1.7 }, 1.8)];
    const text = markdown(
      result([row({ reference: side(8000), candidate: side(15_000), ratio: just(1.8), goals })], { figures: [memory] }),
    );
    expect(text).toContain('1 of 2 goals are met, 1 are not.');
    expect(text).toContain('| resident memory | 61.3 MiB (60 to 62) | NOT MET: at most 60 MiB |');
    // No cell begins emphasis, which the mark would.
    expect(text).toContain('1.80x (1.80x to 1.80x) \\* | met: at least 1.7x |');
    expect(text).toContain('systemd-machined 262, mymachines 0.1.0');
    expect(text).toContain('2026-11-21');
  });
});
