import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Load, runClosedLoop } from '../../bench/load/closed-loop.ts';
import { nativeSources } from '../../bench/load/generator.ts';
import { varlink, varlinkOnce } from '../../bench/load/varlink.ts';
import { projectRoot } from '../support/project-root.ts';

// The generator blocks its process, so the server it loads is another one: it counts what it was sent, and replies
// what its first argument makes of the number of the call.
const SERVER = `
  const received = {};
  let calls = 0;
  let connections = 0;
  const answer = eval(process.argv[1]);
  require('net').createServer((socket) => ++connections && socket.on('error', () => {}).on('data', (data) => {
    for (const call of data.toString().split('\\0').slice(0, -1)) {
      received[call] = (received[call] ?? 0) + 1;
      answer(socket, calls++);
    }
  })).listen(process.argv[2], () => process.stdout.write('ready\\n'));
  process.on('SIGTERM', () => process.stdout.write(JSON.stringify({ ...received, connections }), () => process.exit()));
`;
const GOOD = `'{"parameters":{"record":{}}}\\0'`;

describe('the load generator', () => {
  let directory: string;
  let server: ChildProcess | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bench-load-'));
  });

  afterEach(() => {
    server?.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  async function serve(answer: string): Promise<string> {
    const socket = join(directory, 'socket');
    server = spawn(process.execPath, ['-e', SERVER, `(${answer})`, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => server?.stdout?.once('data', resolve));
    return socket;
  }

  async function received(): Promise<Record<string, number>> {
    let text = '';
    server?.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    server?.kill('SIGTERM');
    await new Promise((resolve) => server?.once('close', resolve));
    return JSON.parse(text) as Record<string, number>;
  }

  const load = (socket: string, options: Partial<Load> = {}): Load => ({
    protocol: varlink,
    socket,
    connections: 3,
    warmUp: 0.05,
    seconds: 0.1,
    calls: ['one', 'two'].map((call) => new TextEncoder().encode(`${call}\0`)),
    ...options,
  });

  test('sends the calls in turn, one at a time on every connection, and counts the replies', async () => {
    const result = runClosedLoop(load(await serve(`(socket) => socket.write(${GOOD})`)));
    const { one = 0, two = 0 } = await received();
    expect(result.errors).toBe(0);
    expect(result.total).toBeGreaterThan(100);
    // What is in flight when the time is over, at most one call for a connection, is not counted.
    expect(one + two - result.total).toBeGreaterThanOrEqual(0);
    expect(one + two - result.total).toBeLessThanOrEqual(3);
    expect(Math.abs(one - two)).toBeLessThanOrEqual(1);
    expect(result.calls).toBeLessThan(result.total);
    expect(result.seconds).toBeCloseTo(0.1, 1);
    expect(result.p50).toBeGreaterThan(0);
    expect(result.p99).toBeGreaterThanOrEqual(result.p50);
    expect(result.max).toBeGreaterThanOrEqual(result.p99);
  });

  test('with a connection for each call there are as many as calls', async () => {
    const one = runClosedLoop(load(await serve(`(socket) => socket.write(${GOOD})`), { protocol: varlinkOnce }));
    const { connections = 0 } = await received();
    expect(one.errors).toBe(0);
    expect(one.total).toBeGreaterThan(10);
    // What is in flight when the time is over has one, too.
    expect(connections - one.total).toBeGreaterThanOrEqual(0);
    expect(connections - one.total).toBeLessThanOrEqual(3);
  });

  test('a reply that comes in pieces is one reply', async () => {
    const pieces = `(socket) => { socket.write('{"parameters"'); setTimeout(() => socket.write(':{}}\\0'), 5) }`;
    const result = runClosedLoop(load(await serve(pieces), { connections: 1 }));
    expect(result.errors).toBe(0);
    expect(result.total).toBeLessThan(35);
    expect(result.p50).toBeGreaterThan(4000);
  });

  test('an error reply is counted, and the first one is given', async () => {
    const answer = `(socket, n) => socket.write(n % 10 === 9 ? '{"error":"io.systemd.Oops"}\\0' : ${GOOD})`;
    const { errors, total, firstError } = runClosedLoop(load(await serve(answer)));
    expect(errors).toBeGreaterThan(total / 10 - 2);
    expect(errors).toBeLessThan(total / 10 + 2);
    expect(firstError).toContain('io.systemd.Oops');
  });

  test('an answer of another length than the last one to the same call is an error', async () => {
    const answer = `(socket, n) => socket.write('{"parameters":{"n":' + (n < 50 ? 1 : 10) + '}}\\0')`;
    const { errors, total, firstError } = runClosedLoop(load(await serve(answer)));
    expect(errors).toBe(total - 50);
    expect(firstError).toBe('an answer of 24 bytes, and of 23 before');
  });

  test('a connection that the server closes ends the run with an error', async () => {
    const socket = await serve(`(socket, n) => n < 20 ? socket.write(${GOOD}) : socket.destroy()`);
    expect(() => runClosedLoop(load(socket))).toThrow(/closed|EPIPE/);
  });

  /** The generator in C; undefined where there is no compiler. */
  function native(): string | undefined {
    const program = join(directory, 'load');
    try {
      execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', program, ...nativeSources(projectRoot)]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return program;
  }

  test('the program in C has a connection for each call, too', async ({ skip }) => {
    const program = native() ?? skip('no C compiler');
    const socket = await serve(`(socket) => socket.write(${GOOD})`);
    const parameters = ['varlink-once', socket, '3', '0.05', '0.1'];
    const result = JSON.parse(execFileSync(program, parameters, { input: 'one\0two\0', encoding: 'utf8' }));
    const { connections = 0 } = await received();
    expect(result.errors).toBe(0);
    expect(result.total).toBeGreaterThan(10);
    expect(connections - result.total).toBeGreaterThanOrEqual(0);
    expect(connections - result.total).toBeLessThanOrEqual(3);
  });

  test('the program in C does the same', async ({ skip }) => {
    const program = native() ?? skip('no C compiler');
    const answer = `(socket, n) => socket.write(n % 10 === 9 ? '{"error":"io.\\\\"systemd"}\\0' : ${GOOD})`;
    const socket = await serve(answer);
    const output = execFileSync(program, ['varlink', socket, '3', '0.05', '0.1'], {
      input: 'one\0two\0',
      encoding: 'utf8',
    });
    const result = JSON.parse(output);
    const { one = 0, two = 0, connections } = await received();
    expect(one + two - result.total).toBeLessThanOrEqual(3);
    expect(connections).toBe(3);
    expect(result.errors).toBeGreaterThan(result.total / 10 - 2);
    expect(result.firstError).toContain('io.\\"systemd');
    expect(Object.keys(result).sort()).toEqual(
      ['calls', 'errors', 'firstError', 'max', 'p50', 'p99', 'seconds', 'total'].sort(),
    );
  });
});
