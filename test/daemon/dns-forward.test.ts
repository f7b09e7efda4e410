import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type DigServer, dig, digUnavailable, loopbackAddress } from '../support/dig.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { hasProgram } from '../support/programs.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable() ?? digUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);
if (unavailable !== undefined && process.env['CI']) throw new Error(unavailable);

describe.skipIf(unavailable !== undefined)('containers with the daemon as their only name server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-dns-'));
  const upstream: DigServer = { address: loopbackAddress(), port: 5301 };
  // On a bridge of the test's own, which is not there yet when the daemon starts.
  const net = `10.211.${process.pid & 127}`;
  const server: DigServer = { address: `${net}.1`, port: 53 };
  const bridge = `mmbr${(process.pid % 46_656).toString(36)}`;
  let daemon: DaemonProcess;
  let dnsmasq: ChildProcess;
  const containers: Record<string, Container> = {};

  const ip = (...commands: string[]) => execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
  const inside = (name: string) => containers[name]?.pid as number;

  beforeAll(async () => {
    dnsmasq = spawn(
      'dnsmasq',
      [
        ...['--keep-in-foreground', '--conf-file=/dev/null', '--no-hosts', '--no-resolv', '--user=root', '--pid-file='],
        ...[`--listen-address=${upstream.address}`, '--bind-interfaces', `--port=${upstream.port}`],
        ...['--host-record=far.example,192.0.2.77,2001:db8::77', '--cname=alias.example,far.example'],
        ...[`--txt-record=long.example,${Array.from({ length: 10 }, () => 'x'.repeat(200)).join(',')}`],
        ...['--address=/nowhere.example/', '--local=/example/nobody/', '--log-queries'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    // Nobody is at the first of its servers.
    const more = [
      `--dns=${server.address}:${server.port}`,
      '--forward=127.0.0.1:1',
      `--forward=${upstream.address}:${upstream.port}`,
    ];
    daemon = await DaemonProcess.start(undefined, { more: [...more, '--view'] });
    ip(`link add ${bridge} type bridge`, `address add ${server.address}/24 dev ${bridge}`, `link set ${bridge} up`);
    for (const [name, address, port] of [
      ['one', `${net}.2/24`, bridge],
      ['two', `${net}.3/24`, bridge],
      ['apart', '10.212.0.2/24', undefined],
    ] as const) {
      const container = await startContainer({ addresses: [address] });
      containers[name] = container;
      if (port !== undefined) ip(`link set ${container.hostInterface} master ${port}`);
      const request = { name, class: 'container', leader: container.pid };
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', request)).toEqual({});
    }
    await vi.waitFor(() => dig(upstream, 'far.example'), 10_000);
  }, 60_000);

  afterAll(async () => {
    dnsmasq.kill();
    await once(dnsmasq, 'exit');
    await stopAllContainers();
    execFileSync('ip', ['link', 'del', bridge]);
    expect(daemon.log).not.toContain('dns');
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
    rmSync(directory, { recursive: true });
  });

  it('find each other, both ways', async () => {
    const one = await dig(server, 'two.machine.internal', inside('one'));
    expect(one).toMatchObject({ status: 'NOERROR', records: [`two.machine.internal. 0 IN A ${net}.3`] });
    expect(one.flags).toBe('qr aa rd ra');
    const back = await dig(server, `-x ${net}.2`, inside('two'));
    expect(back.records).toMatchObject([expect.stringMatching(/ PTR one\.machine\.internal\.$/)]);
  });

  it.each([
    ['far.example', 'NOERROR', 'far.example. 0 IN A 192.0.2.77'],
    ['FAR.example AAAA', 'NOERROR', 'FAR.example. 0 IN AAAA 2001:db8::77'],
    ['far.example +noedns', 'NOERROR', 'far.example. 0 IN A 192.0.2.77'],
    ['far.example +tcp', 'NOERROR', 'far.example. 0 IN A 192.0.2.77'],
    ['nowhere.example', 'NXDOMAIN'],
    ['far.example MX', 'NOERROR'],
  ])('find what their daemon’s name server knows: %s', async (question, status, ...records) => {
    const answer = await dig(server, question, inside('one'));
    expect({ status: answer.status, records: answer.records }).toEqual({ status, records });
    expect(answer.flags).toContain('ra');
    expect(answer.text).not.toContain('WARNING');
  });

  it('follow aliases, and get over TCP what is too long', async () => {
    const alias = await dig(server, 'alias.example', inside('one'));
    expect(alias.records).toEqual(['alias.example. 0 IN CNAME far.example.', 'far.example. 0 IN A 192.0.2.77']);
    const long = await dig(server, 'long.example TXT', inside('one'));
    expect(long.text).toContain('Truncated, retrying in TCP mode');
    expect(long.records.join()).toHaveLength('long.example. 0 IN TXT '.length + 10 * 203 - 1);
  });

  it('do not have names of the domain asked for elsewhere', async () => {
    expect((await dig(server, 'nobody.machine.internal', inside('one'))).status).toBe('NXDOMAIN');
    expect((await dig(server, 'far.example CH A', inside('one'))).status).toBe('REFUSED');
    expect((await dig(server, 'far.example AXFR +tcp', inside('one'))).text).toContain('Transfer failed');
  });

  /** Runs a program in a container that has the daemon as its only name server, and nothing but that. */
  const withNameServer = (program: string, ...parameters: string[]) => {
    const file = join(directory, 'resolv.conf');
    writeFileSync(file, `nameserver ${server.address}\nsearch machine.internal\n`);
    const script = 'mount --bind "$1" /etc/resolv.conf; mount --bind /dev/null /etc/nsswitch.conf; shift; exec "$@"';
    const where = ['-t', `${inside('one')}`, '-n', '--', 'unshare', '--mount', 'sh', '-ec', script, 'sh', file];
    return execFileSync('nsenter', [...where, program, ...parameters], { encoding: 'utf8' });
  };

  it('find them by programs of the C library', () => {
    expect(withNameServer('getent', 'ahostsv4', 'two')).toContain(`${net}.3`);
    expect(withNameServer('getent', 'ahostsv4', 'far.example')).toContain('192.0.2.77');
  });

  it.skipIf(!hasProgram('musl-gcc'))('find them by a statically linked program of another C library', () => {
    const source = join(directory, 'look.c');
    writeFileSync(
      source,
      `#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
int main(int count, char **words) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
  int failure = getaddrinfo(words[1], NULL, &hints, &found);
  if (failure) return puts(gai_strerror(failure)), 0;
  for (; found; found = found->ai_next) {
    char text[64], name[256];
    getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    if (getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, NULL, 0, NI_NAMEREQD)) *name = 0;
    printf("%s %s\\n", text, name);
  }
}
`,
    );
    const program = join(directory, 'look');
    execFileSync('musl-gcc', ['-static', '-O1', '-o', program, source]);
    expect(withNameServer(program, 'two')).toBe(`${net}.3 two.machine.internal\n`);
    expect(withNameServer(program, 'two.machine.internal')).toBe(`${net}.3 two.machine.internal\n`);
    expect(withNameServer(program, 'nobody')).toBe('Name does not resolve\n');
    expect(withNameServer(program, 'far.example').split('\n').sort()).toEqual(
      ['', '192.0.2.77 far.example', '2001:db8::77 far.example'].sort(),
    );
  });

  const go = hasProgram('hey') && hasProgram('busybox');
  if (!go) console.warn('skipped, no program in Go asks: there is no hey or no busybox');
  it.skipIf(!go)('find them by a program with the resolver of Go', async () => {
    // In the sibling, which nobody but its network namespace tells from us.
    const httpd = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        'nsenter',
        '-t',
        `${inside('two')}`,
        '-n',
        'busybox',
        'httpd',
        '-f',
        '-p',
        '80',
        '-h',
        directory,
      ],
      { stdio: 'ignore' },
    );
    try {
      const get = (name: string) =>
        withNameServer(
          'env',
          'GODEBUG=netdns=go',
          'hey',
          '-n',
          '1',
          '-c',
          '1',
          '-t',
          '5',
          `http://${name}/resolv.conf`,
        );
      await vi.waitFor(() => expect(get(`${net}.3`)).toContain('[200]\t1 responses'), 10_000);
      for (const name of ['two', 'TWO.machine.internal', 'two.machine.internal.']) {
        expect(get(name)).toContain('[200]\t1 responses');
      }
      // Go's own resolver says whom it asked; that of the C library does not.
      expect(get('nobody')).toContain(`lookup nobody on ${server.address}:53: no such host`);
      expect(get('nobody.machine.internal')).toContain(
        `lookup nobody.machine.internal on ${server.address}:53: no such host`,
      );
      // Found, by forwarding, and then nobody is there.
      expect(get('far.example')).toMatch(/dial tcp \S*: connect: network is unreachable/);
    } finally {
      httpd.kill();
      await once(httpd, 'exit');
    }
  });

  it('see only those that are on a link with them', async () => {
    expect((await dig(server, 'apart.machine.internal', inside('one'))).status).toBe('NXDOMAIN');
    expect((await dig(server, '-x 10.212.0.2', inside('one'))).records).toEqual([]);
    expect((await dig(server, 'one.machine.internal', inside('one'))).records).toHaveLength(1);
    // The host sees all.
    expect((await dig(server, 'apart.machine.internal')).records).toEqual([
      'apart.machine.internal. 0 IN A 10.212.0.2',
    ]);
  });
});
