import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressFlood } from '../support/address-flood.ts';
import { compileModules } from '../support/build.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import {
  type Container,
  containersUnavailable,
  startContainer,
  startContainers,
  stopAllContainers,
} from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const MODULES = 'netlink-overrun';
const MACHINES = 4;
/** Changes in a second, in all. */
const RATE = 10_000;
/** Addresses that a container has at a time. */
const KEPT = 20;
const SECONDS = Number(process.env['OVERRUN_SECONDS'] ?? 2);
/** Milliseconds after the last change within which all is right again. */
const RIGHT_WITHIN = 1000;

interface Listed {
  readonly parameters: { readonly addresses?: readonly { readonly address: readonly number[] }[] };
}

describe.skipIf(unavailable !== undefined)(`${RATE} changes of addresses a second`, { timeout: 60_000 }, () => {
  let daemon: DaemonProcess;
  let containers: Container[];

  beforeAll(async () => {
    compileModules(MODULES);
    daemon = await DaemonProcess.start();
    containers = await startContainers(MACHINES, (index) => ({ addresses: [`10.${index}.255.255/32`] }));
    for (const [index, container] of containers.entries()) await register(container, index);
  });
  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  async function register({ pid }: Container, index: number): Promise<void> {
    const machine = { name: `m${index}`, class: 'container', leader: pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
  }

  /** Changes addresses in all containers while something is done; gives how many changes there were in a second. */
  async function change(changed: readonly Container[], meanwhile: () => Promise<unknown>): Promise<number> {
    // An earlier one has left some.
    await Promise.all(changed.map((container) => container.exec('ip', 'address', 'flush', 'dev', 'host0')));
    const floods = await Promise.all(
      changed.map((container, index) => AddressFlood.start(MODULES, container, index, RATE / changed.length, KEPT)),
    );
    await meanwhile();
    const rates = await Promise.all(floods.map((flood) => flood.stop()));
    return Math.round(rates.reduce((sum, rate) => sum + rate, 0));
  }

  async function told(index: number): Promise<string[]> {
    const question = { name: `m${index}`, acquireMetadata: 'graceful' };
    const { parameters } = (await ask(daemon.machineSocket, 'io.systemd.Machine.List', question)) as unknown as Listed;
    return (parameters.addresses ?? []).map(({ address }) => address.join('.')).sort();
  }

  async function inside(container: Container): Promise<string[]> {
    const links = JSON.parse(await container.exec('ip', '-j', '-4', 'address', 'show', 'dev', 'host0')) as {
      addr_info: { local: string }[];
    }[];
    return links.flatMap(({ addr_info }) => addr_info.map(({ local }) => local)).sort();
  }

  /** Milliseconds from now after which what was told of every machine was what is so, for as long as it may take. */
  async function right(): Promise<number> {
    const since = performance.now();
    const answers: { readonly after: number; readonly addresses: string[][] }[] = [];
    while (performance.now() < since + RIGHT_WITHIN) {
      const after = performance.now() - since;
      answers.push({ after, addresses: await Promise.all(containers.map((_, index) => told(index))) });
      await sleep(10);
    }
    const so = await Promise.all(containers.map(inside));
    expect(so[0]).toHaveLength(KEPT);
    expect(answers.at(-1)?.addresses).toEqual(so);
    return answers.find(({ addresses }) => JSON.stringify(addresses) === JSON.stringify(so))?.after as number;
  }

  /** The longest time, in milliseconds, that a lookup of a user took while they were made one after the other. */
  async function askUsers(stop: () => boolean): Promise<number> {
    let longest = 0;
    const question = { uid: 1, service: 'io.systemd.Machine' };
    while (!stop()) {
      const started = performance.now();
      expect(await ask(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', question)).toHaveProperty('error');
      longest = Math.max(longest, performance.now() - started);
      await sleep(5);
    }
    return longest;
  }

  it('are followed, and hold up nobody', { retry: 2 }, async () => {
    let over = false;
    const longest = askUsers(() => over);
    let rate = 0;
    let after = 0;
    try {
      rate = await change(containers, () => sleep(SECONDS * 1000));
      after = await right();
    } finally {
      over = true;
    }
    console.info(
      `${rate} changes a second: right after ${after.toFixed(0)} ms, a lookup ${(await longest).toFixed(0)} ms`,
    );
    expect(await longest).toBeLessThan(1000);
  });

  it('are known a second after, though the kernel had to drop what it told of them', { retry: 2 }, async () => {
    // Of the last one there is nothing to be read but what was dropped. It is a new one, for after ten seconds an answer
    // would have it read again.
    const last = await startContainer({ addresses: ['10.99.0.1/32'] });
    await register(last, containers.push(last) - 1);
    const before = dropped(daemon.pid);
    process.kill(daemon.pid, 'SIGSTOP');
    const rate = await change(containers.slice(0, MACHINES), async () => {
      await expect.poll(() => dropped(daemon.pid), { timeout: 20_000 }).toBeGreaterThan(before);
      await last.exec('ip', 'address', 'add', '10.99.0.2/32', 'dev', 'host0');
      process.kill(daemon.pid, 'SIGCONT');
      // While it reads what there is more of it comes.
      await sleep(300);
    });
    const after = await right();
    const lost = dropped(daemon.pid) - before;
    console.info(`${rate} changes a second, ${lost} notifications lost: right after ${after.toFixed(0)} ms`);
    expect(lost).toBeGreaterThan(0);
    expect(await told(containers.length - 1)).toEqual(['10.99.0.1', '10.99.0.2']);
    expect(daemon.log).toBe('');
  });
});

/** How many notifications the kernel could not deliver to a process's netlink sockets. */
function dropped(pid: number): number {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined;
    }
  });
  const rows = readFileSync('/proc/net/netlink', 'utf8').trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/ +/)).filter((row) => sockets.includes(row[9]));
  return fields.reduce((sum, row) => sum + Number(row[8]), 0);
}
