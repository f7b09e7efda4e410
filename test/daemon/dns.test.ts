import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type DigServer, dig, digUnavailable, kdig, kdigUnavailable, loopbackAddress } from '../support/dig.ts';
import {
  type ContainerOptions,
  containersUnavailable,
  startContainers,
  stopAllContainers,
} from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable() ?? digUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);
if (unavailable !== undefined && process.env['CI']) throw new Error(unavailable);
if (kdigUnavailable() !== undefined) console.warn(`skipped, nothing is asked with kdig: ${kdigUnavailable()}`);

const MANY = Array.from({ length: 100 }, (_, index) => `10.210.1.${index + 1}`);
const machines: Readonly<Record<string, ContainerOptions>> = {
  Web: { addresses: ['10.210.0.2/24', 'fd00:210::2/64', '169.254.7.7/16'] },
  many: { addresses: MANY.map((address) => `${address}/24`) },
  bare: { addresses: [] },
  shares: { hostNetwork: true },
  'deep.er.down': { addresses: ['10.210.2.2/24'] },
  ai: { addresses: ['10.210.3.2/24'] },
};

/** SOA records with the serial, which is a time, as `SERIAL`. */
const soa = (owner: string, ttl = 0, domain = 'machine.internal') =>
  `${owner} ${ttl} IN SOA host.${domain}. hostmaster.${domain}. SERIAL 3600 600 86400 ${ttl}`;
const ZONE = soa('machine.internal.');

/** What dig is asked, what comes: the code, then records as zone-file lines. */
const TABLE: readonly (readonly [question: string, status: string, ...records: readonly string[]])[] = [
  ['web.machine.internal', 'NOERROR', 'web.machine.internal. 0 IN A 10.210.0.2'],
  ['web.machine.internal AAAA', 'NOERROR', 'web.machine.internal. 0 IN AAAA fd00:210::2'],
  ['wEB.mACHINE.internal. A', 'NOERROR', 'wEB.mACHINE.internal. 0 IN A 10.210.0.2'],
  ['web', 'NOERROR', 'web. 0 IN A 10.210.0.2'],
  ['WEB. AAAA', 'NOERROR', 'WEB. 0 IN AAAA fd00:210::2'],
  ['deep.er.down.machine.internal', 'NOERROR', 'deep.er.down.machine.internal. 0 IN A 10.210.2.2'],
  ['-x 10.210.0.2', 'NOERROR', '2.0.210.10.in-addr.arpa. 0 IN PTR Web.machine.internal.'],
  ['-x 10.210.2.2', 'NOERROR', '2.2.210.10.in-addr.arpa. 0 IN PTR deep.er.down.machine.internal.'],
  ['-x fd00:210::2', 'NOERROR', `2.${'0.'.repeat(23)}0.1.2.0.0.0.d.f.ip6.arpa. 0 IN PTR Web.machine.internal.`],
  // The domain itself.
  ['machine.internal SOA', 'NOERROR', ZONE],
  ['machine.internal NS', 'NOERROR', 'machine.internal. 0 IN NS host.machine.internal.'],
  ['machine.internal A', 'NOERROR', ZONE],
  // There, but not with that: NODATA.
  ['web.machine.internal MX', 'NOERROR', ZONE],
  ['ai.machine.internal AAAA', 'NOERROR', ZONE],
  ['bare.machine.internal A', 'NOERROR', ZONE],
  ['shares.machine.internal A', 'NOERROR', ZONE],
  ['web.machine.internal TXT', 'NOERROR', ZONE],
  ['web.machine.internal PTR', 'NOERROR', ZONE],
  ['er.down.machine.internal A', 'NOERROR', ZONE],
  ['down.machine.internal AAAA', 'NOERROR', ZONE],
  ['bare A', 'NOERROR', soa('bare.')],
  ['web TYPE65', 'NOERROR', soa('web.')],
  ['2.0.210.10.in-addr.arpa A', 'NOERROR', soa('2.0.210.10.in-addr.arpa.')],
  // Not there: NXDOMAIN.
  ['nobody.machine.internal A', 'NXDOMAIN', ZONE],
  ['www.web.machine.internal A', 'NXDOMAIN', ZONE],
  ['host.web.machine.internal A', 'NXDOMAIN', ZONE],
  ['web.machine.internal.machine.internal A', 'NXDOMAIN', ZONE],
  // Nobody's, or somebody else's.
  ['nobody A', 'REFUSED'],
  ['www.ai A', 'REFUSED'],
  ['example.com A', 'REFUSED'],
  ['internal NS', 'REFUSED'],
  ['. NS', 'REFUSED'],
  ['xmachine.internal A', 'REFUSED'],
  ['-x 10.210.0.99', 'REFUSED'],
  ['0.210.10.in-addr.arpa NS', 'REFUSED'],
  ['-x 127.0.0.1', 'REFUSED'],
  // What is not done.
  ['web.machine.internal ANY', 'NOERROR', 'web.machine.internal. 0 IN HINFO "RFC8482" ""'],
  ['nobody.machine.internal ANY', 'NXDOMAIN', ZONE],
  ['version.bind CH TXT', 'REFUSED'],
  ['web.machine.internal CH A', 'REFUSED'],
  ['web.machine.internal +opcode=NOTIFY', 'NOTIMP'],
  ['web.machine.internal +opcode=UPDATE', 'NOTIMP'],
  ['web.machine.internal +opcode=STATUS', 'NOTIMP'],
  ['web.machine.internal +edns=1 +noednsneg', 'BADVERS'],
];

describe.skipIf(unavailable !== undefined)('the DNS, asked with dig', () => {
  const server: DigServer = { address: loopbackAddress(), port: 5353 };
  const other: DigServer = { address: '::1', port: 20_000 + (process.pid % 10_000) };
  const told: DigServer = { address: server.address, port: 5354 };
  let daemon: DaemonProcess;
  let second: DaemonProcess;

  const shown = (records: readonly string[]) => records.map((line) => line.replace(/ \d{10} 3600 /, ' SERIAL 3600 '));

  beforeAll(async () => {
    const at = (one: DigServer) =>
      one.address.includes(':') ? `[${one.address}]:${one.port}` : `${one.address}:${one.port}`;
    daemon = await DaemonProcess.start(undefined, { more: [`--dns=${at(server)}`, `--dns=${at(other)}`] });
    const more = [`--dns=${at(told)}`, '--domain=Lab.Example.', '--dns-ttl=30', '--dns-txt'];
    second = await DaemonProcess.start(undefined, { more });
    const names = Object.keys(machines);
    const containers = await startContainers(names.length, (index) => machines[names[index] as string] ?? {});
    for (const [index, name] of names.entries()) {
      const request = { name, class: 'container', service: 'test', leader: containers[index]?.pid };
      for (const { machineSocket } of [daemon, second]) {
        expect(await ask(machineSocket, 'io.systemd.Machine.Register', request)).toEqual({});
      }
    }
  }, 60_000);

  afterAll(async () => {
    await stopAllContainers();
    for (const one of [daemon, second]) {
      expect(one.log).not.toContain('dns');
      expect(await one.stop()).toBe(0);
      rmSync(one.runtimeDirectory, { recursive: true });
    }
  });

  it.each(TABLE)('over UDP: %s', async (question, status, ...records) => {
    const answer = await dig(server, `${question} +notcp`);
    expect({ status: answer.status, records: shown(answer.records) }).toEqual({ status, records });
    const ours = ['NOERROR', 'NXDOMAIN'].includes(status);
    expect(answer.flags.split(' ').includes('aa')).toBe(ours);
    expect(answer.text).not.toContain('WARNING: Message parser');
  });

  // The others are asked for with options that only dig has.
  const forAll = TABLE.filter(([question]) => !/\+(opcode|edns)=/.test(question));
  it.skipIf(kdigUnavailable() !== undefined).each(forAll)('with kdig: %s', async (question, status, ...records) => {
    for (const how of ['+notcp', '+tcp', '+edns', '+edns +tcp']) {
      const answer = await kdig(server, `${question} ${how}`);
      expect({ how, status: answer.status, records: shown(answer.records) }).toEqual({ how, status, records });
      expect(answer.flags.split(' ').includes('aa')).toBe(['NOERROR', 'NXDOMAIN'].includes(status));
      expect(answer.text).not.toContain('WARNING');
    }
  });

  it('answers the same over TCP, and over IPv6', async () => {
    for (const [question, status, ...records] of TABLE.slice(0, 20)) {
      for (const [asked, how] of [
        [server, '+tcp'],
        [other, '+notcp'],
        [other, '+tcp'],
      ] as const) {
        const answer = await dig(asked, `${question} ${how}`);
        expect({ how, status: answer.status, records: shown(answer.records) }).toEqual({ how, status, records });
      }
    }
  });

  it('tells who asks for too much over UDP to come over TCP', async () => {
    const sorted = (records: readonly string[]) => records.map((line) => line.split(' ').at(-1)).sort();
    const cut = await dig(server, 'many.machine.internal A +notcp +ignore');
    expect({ flags: cut.flags, records: cut.records }).toEqual({ flags: 'qr aa tc rd', records: [] });
    const whole = await dig(server, 'many.machine.internal A +notcp');
    expect(whole.text).toContain('Truncated, retrying in TCP mode');
    expect(sorted(whole.records)).toEqual([...MANY].sort());
  });

  it('knows the host', async () => {
    const { status, records } = await dig(server, 'host.machine.internal A');
    expect(status).toBe('NOERROR');
    for (const line of records) expect(line).toMatch(/^host\.machine\.internal\. 0 IN (A \d|SOA )/);
  });

  it('has the domain, the time to live and the text that it is told to have', async () => {
    expect((await dig(told, 'web.lab.example')).records).toEqual(['web.lab.example. 30 IN A 10.210.0.2']);
    expect((await dig(told, '-x 10.210.0.2')).records).toEqual(['2.0.210.10.in-addr.arpa. 30 IN PTR Web.lab.example.']);
    expect(shown((await dig(told, 'nobody.lab.example')).records)).toEqual([soa('lab.example.', 30, 'lab.example')]);
    expect((await dig(told, 'web.machine.internal')).status).toBe('REFUSED');
    const system = Object.fromEntries(
      readFileSync('/etc/os-release', 'utf8')
        .split('\n')
        .map((line) => line.replaceAll('"', '').split('=')),
    );
    const text = async () => (await dig(told, 'web.lab.example TXT')).records;
    await expect
      .poll(text, { timeout: 10_000 })
      .toEqual([
        `web.lab.example. 30 IN TXT "class=container" "service=test" "os=${system.ID}"${
          system.VERSION_ID ? ` "os-version=${system.VERSION_ID}"` : ''
        }`,
      ]);
  });

  // The daemon is another process, which on a busy machine may get no time within those 50 ms.
  it('has an address 50 ms after it came, and has it no longer than it is there', { retry: 2 }, async () => {
    const [container] = await startContainers(1, () => ({ addresses: ['10.210.8.2/24'] }));
    const name = `moving-${container?.pid}`;
    const request = { name, class: 'container', leader: container?.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', request)).toEqual({});
    const addresses = async () => (await dig(server, name)).records.map((line) => line.split(' ').at(-1));
    expect(await addresses()).toEqual(['10.210.8.2']);
    await container?.exec('ip', 'address', 'add', '10.210.7.2/24', 'dev', 'host0');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await addresses()).toEqual(['10.210.7.2', '10.210.8.2']);
    expect((await dig(server, '-x 10.210.7.2')).records).toHaveLength(1);
    await container?.exec('ip', 'address', 'del', '10.210.8.2/24', 'dev', 'host0');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await addresses()).toEqual(['10.210.7.2']);
    expect((await dig(server, '-x 10.210.8.2')).status).toBe('REFUSED');
    await container?.stop();
  });

  it('forgets a machine when it ends', async () => {
    const [container] = await startContainers(1, () => ({ addresses: ['10.210.9.2/24'] }));
    const request = { name: 'fleeting', class: 'container', leader: container?.pid };
    expect((await dig(server, 'fleeting')).status).toBe('REFUSED');
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', request)).toEqual({});
    expect((await dig(server, 'fleeting')).records).toEqual(['fleeting. 0 IN A 10.210.9.2']);
    await container?.stop();
    await expect.poll(async () => (await dig(server, 'fleeting')).status).toBe('REFUSED');
    expect((await dig(server, '-x 10.210.9.2')).status).toBe('REFUSED');
  });
});
