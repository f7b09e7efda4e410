import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Address } from '../../../../src/machine/address.ts';
import { type Container, containersUnavailable, startContainer } from '../../../support/namespaces.ts';
import { configure, TrackerHarness } from './harness.ts';
import { linesInside, linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Milliseconds from a change to its being known, which the next answer is to have. */
const FRESH = 50;

describe.skipIf(unavailable !== undefined)(`${FRESH} ms after a change`, () => {
  const harness = new TrackerHarness();
  const made: string[] = [];
  afterEach(() => {
    for (const name of made.splice(0)) execFileSync('sh', ['-c', `ip link del ${name} 2>/dev/null || true`]);
  });

  /** Does something while this process does nothing else, and looks when the time is up. */
  async function change(what: () => void): Promise<void> {
    what();
    await new Promise((resolve) => setTimeout(resolve, FRESH));
  }
  const inside =
    (container: Container, ...commands: string[]) =>
    () =>
      configure(container, commands);
  const host =
    (...words: string[]) =>
    () =>
      execFileSync('ip', words);
  const known = () => harness.last('a');
  const hostIndex = (name: string) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
  /** Interface names inside that IPv4 addresses are on, and the host's interfaces that these lead to. */
  const leads = (addresses: readonly Address[] = known()) =>
    addresses
      .flatMap(({ family, interfaceName = '', hostInterfaceIndex }) =>
        family === 'ipv4' && interfaceName !== 'lo' ? [[interfaceName, hostInterfaceIndex] as const] : [],
      )
      .sort(([one], [other]) => (one < other ? -1 : 1));

  test('of addresses and interfaces inside, it is known', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('a', container);
    for (const commands of [
      ['address add 10.9.8.8/24 dev host0'],
      ['address del 10.9.8.7/24 dev host0'],
      ['address add fd00::1/64 dev host0 nodad'],
      ['link set host0 name eth0'],
      ['link add br0 type bridge', 'link set br0 up', 'address add 172.17.0.1/16 dev br0'],
      ['link set eth0 name other', 'address add 10.9.8.9/24 dev other'],
      ['link del br0'],
      ['address flush dev other'],
    ]) {
      await change(inside(container, ...commands));
      expect(linesOf(known()), commands.join()).toEqual(await linesInside(container));
    }
  });

  test('of an interface that comes in or goes, it is known, and where it leads', async () => {
    harness.start();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('a', container);
    const pair = `mf${process.pid.toString(36)}`;
    made.push(pair);
    host('link', 'add', pair, 'type', 'veth', 'peer', 'name', `${pair}i`)();
    await change(() => {
      host('link', 'set', `${pair}i`, 'netns', `${container.pid}`)();
      inside(container, `link set ${pair}i name eth7 up`, 'address add 10.7.0.1/24 dev eth7')();
    });
    expect(leads()).toEqual([
      ['eth7', hostIndex(pair)],
      ['host0', hostIndex(container.hostInterface as string)],
    ]);
    await change(inside(container, `link set eth7 netns ${process.pid} name ${pair}i`));
    expect(leads()).toEqual([['host0', hostIndex(container.hostInterface as string)]]);
  });

  test('of the other end that goes away from the host and comes back, it is known', async () => {
    harness.start();
    const elsewhere = await startContainer();
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    const name = container.hostInterface as string;
    const before = hostIndex(name);
    expect(leads(harness.add('a', container).addresses)).toEqual([['host0', before]]);
    await change(host('link', 'set', name, 'netns', `${elsewhere.pid}`));
    expect(leads()).toEqual([['host0', undefined]]);
    await change(() => {
      const back = ['-t', `${elsewhere.pid}`, '-n', '--', 'ip', 'link', 'set', name, 'netns', `${process.pid}`];
      execFileSync('nsenter', back);
    });
    expect(leads()).toEqual([['host0', hostIndex(name)]]);
    // A name is not what it is known by.
    await change(host('link', 'set', name, 'down'));
    await change(host('link', 'set', name, 'name', `${name}x`));
    expect(leads()).toEqual([['host0', hostIndex(`${name}x`)]]);
  });

  describe.each(['macvlan', 'ipvlan'])('of a %s', (kind) => {
    const missing = unavailable === undefined ? missingKind(kind) : unavailable;
    if (missing !== undefined) console.warn(`skipped: this kernel has no ${kind}: ${missing}`);

    test.skipIf(missing !== undefined)('on an interface of the host, it is known', async () => {
      harness.start();
      const container = await startContainer({ addresses: ['10.9.8.7/24'] });
      const parent = `m${kind[0]}${process.pid.toString(36)}`;
      made.push(`${parent}o`);
      host('link', 'add', parent, 'type', 'veth', 'peer', 'name', `${parent}o`)();
      host('link', 'add', 'link', parent, 'name', `${parent}1`, 'type', kind)();
      harness.add('a', container);
      host('link', 'add', 'link', parent, 'name', `${parent}2`, 'type', kind)();
      await change(() => {
        for (const [index, name] of [`${parent}1`, `${parent}2`].entries()) {
          host('link', 'set', name, 'netns', `${container.pid}`)();
          inside(container, `link set ${name} name mv${index} up`, `address add 10.8.${index}.1/24 dev mv${index}`)();
        }
      });
      const own = ['host0', hostIndex(container.hostInterface as string)];
      expect(leads()).toEqual([own, ['mv0', hostIndex(parent)], ['mv1', hostIndex(parent)]]);
      // On top of an interface that leads to the host, it leads there too.
      await change(
        inside(
          container,
          `link add link host0 name up0 type ${kind}`,
          'address add 10.8.9.1/24 dev up0',
          'link set up0 up',
        ),
      );
      expect(leads().at(-1)).toEqual(['up0', own[1]]);
      // All of them at once lead nowhere when what they are on goes elsewhere, which takes nothing of theirs.
      const elsewhere = await startContainer();
      await change(host('link', 'set', parent, 'netns', `${elsewhere.pid}`));
      expect(leads()).toEqual([own, ['mv0', undefined], ['mv1', undefined], ['up0', own[1]]]);
      await change(host('link', 'del', container.hostInterface as string));
      expect(leads()).toEqual([
        ['mv0', undefined],
        ['mv1', undefined],
      ]);
    });
  });

  test('it is known as well, most of the time, while another container changes all it has without a pause', async () => {
    harness.start();
    const crowd = await startContainer({ addresses: [] });
    const many = Array.from({ length: 4096 }, (_, i) => `address add 10.${2 + (i >> 8)}.${i & 255}.1/32 dev host0`);
    configure(crowd, many);
    const quiet = await startContainer({ addresses: ['10.9.8.7/24'] });
    harness.add('crowd', crowd);
    harness.add('a', quiet);
    const flood = `while :; do ip address add 10.1.0.1/32 dev host0; ip address del 10.1.0.1/32 dev host0; done`;
    const running = crowd.exec('timeout', '5', 'sh', '-c', flood).catch(() => undefined);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      inside(quiet, `address add 10.9.9.${i}/24 dev host0`)();
      const start = performance.now();
      while (!linesOf(known()).some((line) => line.startsWith(`10.9.9.${i}/`))) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      times.push(performance.now() - start);
    }
    console.info(`beside a flood known after ${times.map((time) => Math.round(time)).join(', ')} ms`);
    // The median: single times show how busy the machine is, too. It was 40 when nobody could pass.
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(FRESH / 2);
    await running;
  });
});

/** Why this kernel cannot make an interface of a kind on top of another, or undefined. */
function missingKind(kind: string): string | undefined {
  const name = `mk${process.pid.toString(36)}`;
  const commands = `ip link add ${name} type veth peer name ${name}o; ip link add link ${name} name ${name}1 type ${kind}`;
  // In a network namespace of its own, which takes it all along.
  const { status, stderr } = spawnSync('unshare', ['--net', 'sh', '-ec', commands], { encoding: 'utf8' });
  return status === 0 ? undefined : stderr.trim();
}
