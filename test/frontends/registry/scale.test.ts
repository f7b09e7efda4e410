import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';
import { startRegistryService } from './service.ts';

const MACHINES = 10_000;
const SUBSCRIBERS = 1000;
const CHANGES = 400;

test('a thousand subscribers to ten thousand machines leave the service to others', { timeout: 90_000 }, async () => {
  const { registry, path } = startRegistryService();
  for (let n = 0; n < MACHINES; n++) {
    const machine = sampleMachine(`machine-${n}`, { uidMap: `0 ${(n + 1) * 65_536} 65536` });
    const addresses = [`10.${n >> 8}.${n & 255}.1 global 2 host:${n + 7}`, `fe80::${n + 1} link 2 host:${n + 7}`];
    registry.add({ ...machine, facts: { ...machine.facts, addresses: addresses.map(sampleAddress) } });
  }
  const caller = new Program(CALLER, path);
  await sleep(1000);
  const alone = await caller.report();

  let start = performance.now();
  const cpu = process.cpuUsage();
  const subscribers = new Program(SUBSCRIBING, path, `${SUBSCRIBERS}`);
  await subscribers.line((line) => line === `complete ${SUBSCRIBERS}`);
  const joined = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const joining = await caller.report();

  start = performance.now();
  const cpu2 = process.cpuUsage();
  for (let change = 0; change < CHANGES; change++) {
    const name = `machine-${(change * 37) % MACHINES}` as MachineName;
    const address = sampleAddress(`10.200.${change >> 8}.${change & 255} global 2 host:7`);
    registry.update(name, (machine) => ({ ...machine, facts: { ...machine.facts, addresses: [address] } }));
    await sleep(5);
  }
  const changed = performance.now() - start;
  await subscribers.line((line) => line === `changes ${SUBSCRIBERS * CHANGES}`);
  const told = performance.now() - start;
  const used = process.cpuUsage(cpu2);
  const changing = await caller.report();
  const text = ({ calls, median, worst }: Report) =>
    `${calls} calls, median ${median.toFixed(2)} ms, 99 % within ${worst.toFixed(1)} ms`;
  console.info(
    [
      `alone: ${text(alone)}`,
      `while ${SUBSCRIBERS} were told of ${MACHINES} machines in ${(joined / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of CPU): ${text(joining)}`,
      `during ${CHANGES} changes in ${(changed / 1000).toFixed(1)} s, all told after ${(told / 1000).toFixed(2)} s (${((used.user + used.system) / 1e6).toFixed(1)} s of CPU): ${text(changing)}`,
    ].join('\n'),
  );
  expect(told - changed).toBeLessThan(2000);
  expect(joining.median).toBeLessThan(10);
  expect(changing.median).toBeLessThan(10);
});

interface Report {
  readonly calls: number;
  readonly median: number;
  /** Within which 99 % were answered. */
  readonly worst: number;
}

/** A program of its own, so that it does not take this process's time. */
class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #wake: () => void = () => {};

  constructor(text: string, ...words: string[]) {
    const parameters = ['--pdeathsig', 'KILL', process.execPath, '-e', text, ...words];
    this.#child = spawn('setpriv', parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      if (this.#child.exitCode === null) await once(this.#child, 'close');
    });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      this.#lines.push(...lines);
      this.#wake();
    });
  }

  async line(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      while (this.#lines.length > 0) {
        const line = this.#lines.shift() as string;
        if (wanted(line)) return line;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async report(): Promise<Report> {
    this.#child.stdin?.write('report\n');
    return JSON.parse(await this.line(() => true));
  }
}

/** One call after the other. */
const CALLER = `
  const socket = require('node:net').createConnection(process.argv[1]);
  const call = JSON.stringify({ method: 'io.github.mymachines.Registry.Explain', parameters: { name: 'machine-77' } }) + '\\0';
  let times = [];
  let start = performance.now();
  socket.on('data', (chunk) => {
    if (chunk[chunk.length - 1] !== 0) return;
    times.push(performance.now() - start);
    setTimeout(() => { start = performance.now(); socket.write(call); }, 1);
  });
  socket.write(call);
  process.stdin.on('data', () => {
    const sorted = times.sort((a, b) => a - b);
    const at = (part) => sorted[Math.floor(part * sorted.length)];
    console.log(JSON.stringify({ calls: sorted.length, median: at(0.5), worst: at(0.99) }));
    times = [];
  });`;

/** Counts what all subscribers together were told, without parsing it. */
const SUBSCRIBING = `
  const { createConnection } = require('node:net');
  const call = { method: 'io.github.mymachines.Registry.Subscribe', parameters: { details: true }, more: true };
  let complete = 0;
  let changes = 0;
  const count = (chunk, text) => {
    let found = 0;
    for (let at = chunk.indexOf(text); at >= 0; at = chunk.indexOf(text, at + 1)) found++;
    return found;
  };
  let reported;
  const report = () => {
    reported ??= setTimeout(() => { reported = undefined; console.log('changes ' + changes); }, 5);
  };
  for (let n = 0; n < Number(process.argv[2]); n++) {
    const socket = createConnection(process.argv[1]);
    let ready = false;
    let tail = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      const both = Buffer.concat([tail, chunk]);
      const end = both.lastIndexOf(0) + 1;
      tail = Buffer.from(both.subarray(end));
      const whole = both.subarray(0, end);
      if (!ready && whole.includes('"event":"complete"')) {
        ready = true;
        console.log('complete ' + ++complete);
      }
      if (!ready) return;
      const found = count(whole, '"event":"addresses_changed"');
      if (found > 0) { changes += found; report(); }
    });
    socket.write(JSON.stringify(call) + '\\0');
  }`;
