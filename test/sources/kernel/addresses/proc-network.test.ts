import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  ProcFormatError,
  parseFibTrie,
  parseIfInet6,
  parseIgmp,
  parseRoutes,
} from '../../../../src/sources/kernel/addresses/proc-format.ts';
import { readProcNetwork } from '../../../../src/sources/kernel/addresses/proc-network.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../../../support/namespaces.ts';
import { linesInside, linesOf } from './text.ts';

// Recorded from a container with two interfaces on Linux 6.18; `ip address` said there what is expected below.
const FIXTURES = new URL('../../../../fixtures/proc/network', import.meta.url).pathname;
const alive = () => true;
const fixture = (name: string) => readFileSync(`${FIXTURES}/4711/net/${name}`, 'latin1');

describe('a network read from /proc', () => {
  test('has the addresses, with their networks and interfaces', () => {
    const { sharesHostNetwork, addresses } = readProcNetwork({ pid: 4711, alive }, FIXTURES);
    expect(sharesHostNetwork).toBe(false);
    expect(linesOf(addresses)).toEqual([
      '10.5.0.1/32 undefined(0) scope 0',
      '10.9.8.7/24 host0(2) scope 0',
      '10.9.8.200/24 host0(2) scope 0',
      '127.0.0.1/8 lo(1) scope 254',
      '169.254.3.4/16 host0(2) scope 253',
      '172.17.0.1/16 br0(3) scope 0',
      '192.0.2.5/32 undefined(0) scope 0',
      'fe80::ff:fe00:5/64 host0(2) scope 253',
      'fd00::5/64 host0(2) scope 0',
      'fd00::7/64 host0(2) scope 0 tentative',
      'fd00::6/64 host0(2) scope 0 deprecated',
      '::1/128 lo(1) scope 254',
    ]);
  });

  test('of a process that is gone, before or meanwhile, is none', () => {
    const none = { sharesHostNetwork: false, addresses: [] };
    expect(readProcNetwork({ pid: 4711, alive: () => false }, FIXTURES)).toEqual(none);
    const answers = [true, false];
    expect(readProcNetwork({ pid: 4711, alive: () => answers.shift() ?? false }, FIXTURES)).toEqual(none);
    expect(readProcNetwork({ pid: 4712, alive }, FIXTURES)).toEqual(none);
  });

  test('is the host’s for a process in its namespace', () => {
    expect(readProcNetwork({ pid: process.pid, alive })).toEqual({ sharesHostNetwork: true, addresses: [] });
  });

  test('that is larger than can be taken is cut at a line', () => {
    const root = mkdtempSync(`${tmpdir()}/mymachines-`);
    mkdirSync(`${root}/1/net`, { recursive: true });
    const line = (i: number) => `fd${i.toString(16).padStart(30, '0')} 02 40 00 80    host0\n`;
    writeFileSync(`${root}/1/net/if_inet6`, Array.from({ length: 40_000 }, (_, i) => line(i)).join(''));
    try {
      const { addresses } = readProcNetwork({ pid: 1, alive }, root);
      expect(addresses).toHaveLength(4096);
      expect(addresses[4095]?.bytes.slice(-2)).toEqual(Uint8Array.of(0x0f, 0xff));
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a network read from /proc, of a real container', () => {
  afterAll(stopAllContainers);

  test('has what ip(8) shows inside', async () => {
    const container = await startContainer({ addresses: ['10.9.8.7/24', '10.20.0.1/16', 'fd00::1/64', 'fd00::2/128'] });
    const read = () => linesOf(readProcNetwork({ pid: container.pid, alive }).addresses).sort();
    expect(read()).toEqual((await linesInside(container)).sort());
    // Rules make the kernel keep tables apart; names may be any bytes but blanks.
    const name = 'netz-ü';
    execFileSync('nsenter', ['-t', `${container.pid}`, '-n', '--', 'ip', '-batch', '-'], {
      input: `rule add from 10.9.8.7 table 77\nroute add 10.1.0.0/16 dev host0 table 77\nlink add ${name} type bridge\nlink set ${name} up\naddress add 10.3.0.1/24 dev ${name}\n`,
    });
    expect(readFileSync(`/proc/${container.pid}/net/fib_trie`, 'latin1')).toContain('Id 77:');
    expect(read()).toEqual((await linesInside(container)).sort());
    expect(read()).toContainEqual(expect.stringContaining(name));
  });

  test('is that of a namespace without IPv6, too', async () => {
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    await container.exec('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
    expect(linesOf(readProcNetwork({ pid: container.pid, alive }).addresses)).toEqual([
      '10.9.8.7/24 host0(2) scope 0',
      '127.0.0.1/8 lo(1) scope 254',
    ]);
  });
});

describe('the files in /proc/PID/net', () => {
  const files = [
    ['fib_trie', parseFibTrie],
    ['if_inet6', parseIfInet6],
    ['route', parseRoutes],
    ['igmp', parseIgmp],
  ] as const;

  test.each([
    ['fib_trie', parseFibTrie, 'Main:\n  +-- 0.0.0.0/0 3 0 4\n        /32 host LOCAL\n'],
    ['fib_trie', parseFibTrie, 'Main:\n     |-- 10.0.0.256\n        /32 host LOCAL\n'],
    ['fib_trie', parseFibTrie, 'Main:\n     |-- 10.0.0.1\n        /33 host LOCAL\n'],
    ['if_inet6', parseIfInet6, 'fe80000000000000000000fffe00000 02 40 20 80    host0\n'],
    ['if_inet6', parseIfInet6, 'fe80000000000000000000fffe000005 02 81 20 80    host0\n'],
    ['if_inet6', parseIfInet6, 'fe80000000000000000000fffe000005 02 40 20 80    ho st\n'],
    ['route', parseRoutes, 'host0\t00000000\t0108090A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n'],
    ['route', parseRoutes, 'Iface\tDestination\nhost0\t0000000G\t0108090A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n'],
    ['igmp', parseIgmp, 'Idx\tDevice\n host0     :     1      V3\n'],
  ])('%s with a line that the kernel does not write is refused by name', (name, parse, text) => {
    expect(() => parse(text)).toThrow(ProcFormatError);
    expect(() => parse(text)).toThrow(`${name}: unexpected line`);
  });

  test.each(files)('%s cut or changed anywhere is parsed or refused, nothing else', (name, parse) => {
    const text = fixture(name);
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(3), fc.string({ maxLength: 4 }), (at, drop, insert) => {
        try {
          parse(text.slice(0, at) + insert + text.slice(at + drop));
        } catch (error) {
          expect(error).toBeInstanceOf(ProcFormatError);
          refused++;
        }
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
