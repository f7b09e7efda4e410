import { execFileSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { hostAddresses } from '../../../../src/sources/kernel/addresses/host.ts';
import { containersUnavailable, startContainer } from '../../../support/namespaces.ts';
import { TrackerHarness } from './harness.ts';
import { linesOf } from './text.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses of the host', () => {
  const harness = new TrackerHarness();

  test('are known 50 ms after a change, and not read again without one', async () => {
    harness.start();
    // Others may change something of the host at the same time: only this interface is looked at.
    const name = (await startContainer({ addresses: [] })).hostInterface as string;
    const { ifindex } = (
      JSON.parse(execFileSync('ip', ['-j', 'link', 'show', name], { encoding: 'utf8' })) as [{ ifindex: number }]
    )[0];
    const here = () =>
      linesOf(harness.tracker.hostAddresses().filter(({ interfaceIndex }) => interfaceIndex === ifindex)).sort();
    const change = async (...words: string[]) => {
      execFileSync('ip', ['address', ...words, 'dev', name]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    expect(here()).toEqual([]);
    await change('add', '10.99.0.1/24');
    await change('add', '10.99.1.1/24', 'scope', 'link');
    await change('add', 'fd00:99::1/64', 'nodad', 'preferred_lft', '0');
    expect(here()).toEqual([
      `10.99.0.1/24 undefined(${ifindex}) scope 0`,
      `10.99.1.1/24 undefined(${ifindex}) scope 253`,
      `fd00:99::1/64 undefined(${ifindex}) scope 0 deprecated`,
    ]);
    await change('del', '10.99.0.1/24');
    expect(here()).toHaveLength(2);
    await vi.waitFor(() => expect(harness.tracker.hostAddresses()).toBe(harness.tracker.hostAddresses()));
  });

  test('are the same as the C library knows them', async () => {
    harness.start();
    const name = (await startContainer({ addresses: [] })).hostInterface as string;
    execFileSync('ip', ['address', 'add', '10.99.2.1/24', 'dev', name]);
    execFileSync('ip', ['address', 'add', 'fe80::99/64', 'dev', name, 'nodad']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const library = hostAddresses().filter(({ interfaceName }) => interfaceName === name);
    const [first] = library;
    const own = harness.tracker
      .hostAddresses()
      .filter(({ interfaceIndex }) => interfaceIndex === first?.interfaceIndex);
    expect(own.map((address) => ({ ...address, interfaceName: name }))).toEqual(library);
    expect(own).toHaveLength(2);
  });
});
