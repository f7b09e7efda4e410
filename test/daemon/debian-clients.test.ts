import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compiledMain } from '../support/build.ts';
import { debianPackages } from '../support/debian-packages.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { type HostResult, PrivateHost } from '../support/private-host.ts';
import { ask } from '../support/raw-varlink.ts';

// Debian's own libnss_mymachines, machinectl and dbus-daemon, unmodified, on this machine and without a systemd. What
// they must answer is what systemd's own test of nss-mymachines expects (TEST-13-NSPAWN.nss-mymachines.sh).

const packages = available(() => {
  const reason = containersUnavailable();
  if (reason !== undefined) throw new Error(reason);
  return debianPackages('systemd-container', 'libnss-mymachines', 'dbus');
});

const MANY = ['10.2.0.2', ...Array.from({ length: 21 }, (_, index) => `10.2.0.${100 + index}`)];
const MANY_6 = 'fd00:dead:beef:cafe::2';
const DATABASES = ['hosts', 'ahosts', 'ahostsv4', 'ahostsv6'];

describe.skipIf(packages === undefined)('the clients of Debian', { timeout: 60_000 }, () => {
  let host: PrivateHost;
  const machines: Record<string, Container> = {};

  const getent = (...parameters: string[]): Promise<HostResult> =>
    host.run('getent', '-s', 'mymachines', ...parameters);
  /** The addresses that getent printed, in its order, with the type of socket, if it did so, and the name. */
  const lines = ({ stdout }: HostResult): string[] =>
    stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().split(/\s+/).join(' ')]));
  const streams = (result: HostResult): string[] =>
    lines(result).flatMap((line) => (line.split(' ')[1] === 'STREAM' ? [line.split(' ')[0] as string] : []));

  const register = async (name: string, addresses: string[], more: object = {}): Promise<void> => {
    const machine = await startContainer({ addresses, hostSide: host.network });
    machines[name] = machine;
    const socket = host.path('/run/systemd/machine/io.systemd.Machine');
    const parameters = { name, class: 'container', service: 'test', leader: machine.pid, ...more };
    expect(await ask(socket, 'io.systemd.Machine.Register', parameters)).toEqual({});
  };

  beforeAll(async () => {
    host = await PrivateHost.start(packages as string);
    // Without an address of a family on the host nobody is asked for one (AI_ADDRCONFIG of getaddrinfo(3)).
    const link = await startContainer({ addresses: [], hostSide: host.network });
    for (const address of ['10.9.0.1/24', 'fd00:9::1/64']) {
      const nodad = address.includes(':') ? ['nodad'] : [];
      await host.network.exec('ip', 'address', 'add', address, 'dev', link.hostInterface as string, ...nodad);
    }
    const bus = host.spawn('dbus-daemon', '--system', '--nofork', '--nopidfile', '--syslog-only');
    await host.untilExists('/run/dbus/system_bus_socket', bus);
    const daemon = host.spawn(process.execPath, compiledMain, 'serve', '--bus', 'system', '--log-level', 'info');
    await untilPrinted(daemon.stderr, ' info ready ');
    await register('nss-mymachines-noip', []);
    await register('nss-mymachines-singleip', ['10.1.0.2/24']);
    await register('nss-mymachines-manyips', [...MANY.map((address) => `${address}/24`), `${MANY_6}/64`]);
    await register('nss-mymachines-scoped', ['fd00::5/64'], { ifIndices: [3] });
  }, 120_000);

  afterAll(async () => {
    await host?.stop();
    await stopAllContainers();
  });

  it.each(DATABASES)(
    'getent %s finds nothing for a machine without addresses, nor for an unknown name',
    async (database) => {
      for (const name of ['nss-mymachines-noip', 'foo-bar-baz']) {
        expect(await getent(database, name)).toMatchObject({ status: 2, stdout: '' });
      }
    },
  );

  it('getent finds the one address of a machine', async () => {
    const name = 'nss-mymachines-singleip';
    expect(lines(await getent('hosts', name))).toEqual([`10.1.0.2 ${name}`]);
    expect(lines(await getent('ahosts', name))).toContain(`10.1.0.2 STREAM ${name}`);
    expect(streams(await getent('ahosts', name))).toEqual(['10.1.0.2']);
    expect(streams(await getent('ahostsv4', name))).toEqual(['10.1.0.2']);
    expect(streams(await getent('ahostsv6', name))).toEqual(['::ffff:10.1.0.2']);
  });

  it('getent finds all the addresses of a machine', async () => {
    const name = 'nss-mymachines-manyips';
    expect(lines(await getent('hosts', name))).toEqual([`${MANY_6} ${name}`]);
    expect(streams(await getent('ahosts', name)).sort()).toEqual([...MANY, MANY_6].sort());
    expect(streams(await getent('ahostsv4', name)).sort()).toEqual([...MANY].sort());
    expect(streams(await getent('ahostsv6', name))).toEqual([MANY_6]);
  });

  it('getent finds several machines in one go, and says when one of them is none', async () => {
    const [one, many] = ['nss-mymachines-singleip', 'nss-mymachines-manyips'];
    const both = await getent('hosts', one, many);
    expect({ status: both.status, lines: lines(both) }).toEqual({
      status: 0,
      lines: [`10.1.0.2 ${one}`, `${MANY_6} ${many}`],
    });
    const some = await getent('ahostsv4', one, 'foo-bar-baz', many);
    expect(some.status).toBe(2);
    expect(streams(some)).toContain('10.1.0.2');
  });

  it('the address of a machine with one interface on the host has it for its scope', async () => {
    expect(streams(await getent('ahosts', 'nss-mymachines-scoped'))).toEqual(['fd00::5%3']);
    expect(streams(await getent('ahosts', 'nss-mymachines-manyips'))).toContain(MANY_6);
  });

  it('getent finds no user and no group in it', async () => {
    for (const database of ['passwd', 'group']) {
      for (const key of ['foo', '11']) expect(await getent(database, key)).toMatchObject({ status: 2, stdout: '' });
    }
  });

  it('an ordinary user finds the same', async () => {
    const ids = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
    const result = await host.run('setpriv', ...ids, 'getent', '-s', 'mymachines', 'hosts', 'nss-mymachines-singleip');
    expect(lines(result)).toEqual(['10.1.0.2 nss-mymachines-singleip']);
  });

  it('machinectl lists the machines', async () => {
    const release = readFileSync('/etc/os-release', 'utf8');
    const os = ['ID', 'VERSION_ID'].map((key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? '-');
    const { status, stdout, stderr } = await host.run('machinectl', 'list', '--no-pager');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [head, ...rest] = lines({ status, stdout, stderr });
    expect(head).toBe('MACHINE CLASS SERVICE OS VERSION ADDRESSES');
    expect(rest).toEqual([
      `nss-mymachines-manyips container test ${os.join(' ')} 10.2.0.2…`,
      `nss-mymachines-noip container test ${os.join(' ')} -`,
      `nss-mymachines-scoped container test ${os.join(' ')} fd00::5`,
      `nss-mymachines-singleip container test ${os.join(' ')} 10.1.0.2`,
      '4 machines listed.',
    ]);
  });

  it('what changes in a container is in the next answer, and a machine that ends is found no more', async () => {
    const name = 'nss-mymachines-singleip';
    const machine = machines[name] as Container;
    await machine.exec('ip', 'address', 'add', '10.1.0.3/24', 'dev', 'host0');
    await vi.waitFor(async () => expect(lines(await getent('hosts', name))).toHaveLength(2), 1000);
    await machine.stop();
    await vi.waitFor(async () => expect(await getent('hosts', name)).toMatchObject({ status: 2 }), 2000);
  });
});

/** The packages, or undefined after a word about why there are none; with CI in the environment that is a failure. */
function available(get: () => string): string | undefined {
  try {
    return get();
  } catch (error) {
    if (process.env['CI']) throw error;
    console.warn(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}

function untilPrinted(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    stream.on('data', (chunk: Buffer) => {
      all += chunk;
      if (all.includes(text)) resolve();
    });
    stream.on('end', () => reject(new Error(`it ended before it was ready: ${all}`)));
  });
}
