import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { description } from '../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, askAs } from '../support/raw-varlink.ts';

const unavailable = process.getuid?.() === 0 ? containersUnavailable() : 'not root';
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const permissions = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe.skipIf(unavailable !== undefined)('the hook of the system’s daemon', () => {
  let daemon: DaemonProcess | undefined;
  const mask = process.umask();
  const runtimeDirectory = (): string => openDirectory('mymachines-test-');

  afterEach(async () => {
    process.umask(mask);
    await stopAllContainers();
    await daemon?.stop();
    if (daemon !== undefined) rmSync(daemon.runtimeDirectory, { recursive: true });
    daemon = undefined;
  });

  it('is there for everybody, whatever the umask, and gone with the daemon', async () => {
    process.umask(0o077);
    daemon = await DaemonProcess.start(runtimeDirectory());
    process.umask(mask);
    expect(permissions(daemon.hookSocket)).toBe('666');
    expect(permissions(join(daemon.runtimeDirectory, 'resolve.hook'))).toBe('755');
    const { reply, stop } = await askAs(65534, daemon.hookSocket, 'io.systemd.Resolve.Hook.QueryFilter');
    stop();
    expect(reply).toEqual({ parameters: { filterDomains: [] } });
    // The trial of the daemon's own is over, and it found nothing to say.
    await vi.waitFor(() => expect(children(daemon as DaemonProcess)).toEqual([]), 10_000);
    expect(daemon.log).toBe('');
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(daemon.hookSocket)).toBe(false);
  });

  const powerless = ['--bounding-set', '-setuid,-setgid', '--inh-caps', '-setuid,-setgid'];

  it.each([
    ['which it tries', []],
    ['or sees, where it has no right to try', powerless],
  ])('says loudly that others may not connect, %s', async (_how, setpriv) => {
    const directory = runtimeDirectory();
    mkdirSync(join(directory, 'resolve.hook'), { mode: 0o700 });
    daemon = await DaemonProcess.start(directory, { setpriv });
    const loud = / err systemd-resolved may not connect.* reason=EACCES\n/;
    await vi.waitFor(() => expect(daemon?.log).toMatch(loud), 10_000);
    // Ours is ours.
    expect(await ask(daemon.hookSocket, 'io.systemd.Resolve.Hook.QueryFilter')).toHaveProperty('parameters');
  });

  it('says nothing where they may, without the right to try it', async () => {
    daemon = await DaemonProcess.start(runtimeDirectory(), { setpriv: powerless });
    await vi.waitFor(() => expect(children(daemon as DaemonProcess)).toEqual([]), 10_000);
    expect(daemon.log).toBe('');
  });

  it('answers for a container and pushes its addresses as they come', async () => {
    daemon = await DaemonProcess.start(runtimeDirectory());
    const web = await startContainer({ addresses: ['10.9.8.7/24'] });
    const client = await VarlinkClient.connect(daemon.hookSocket);
    const pushed = client.use(description).stream('QueryFilter');
    const next = async () => (await pushed.next()).value?.filterDomains;
    expect(await next()).toEqual([]);
    await ask(daemon.machineSocket, 'io.systemd.Machine.Register', {
      name: 'web',
      class: 'container',
      leader: web.pid,
    });
    expect(await next()).toEqual(['web', '7.8.9.10.in-addr.arpa']);
    const began = performance.now();
    execFileSync('nsenter', ['-t', `${web.pid}`, '-n', 'ip', 'address', 'add', '10.9.8.9/24', 'dev', 'host0']);
    const added = performance.now();
    expect(await next()).toEqual(['web', '7.8.9.10.in-addr.arpa', '9.8.9.10.in-addr.arpa']);
    console.info(
      `pushed after ${(performance.now() - added).toFixed(1)} ms (ip took ${(added - began).toFixed(1)} ms)`,
    );
    expect(performance.now() - added).toBeLessThan(50);
    const question = [{ key: { type: 1, name: 'WEB' } }];
    expect(await ask(daemon.hookSocket, 'io.systemd.Resolve.Hook.ResolveRecord', { question })).toMatchObject({
      parameters: { rcode: 0, answer: [{ rr: { address: [10, 9, 8, 7] } }, { rr: { address: [10, 9, 8, 9] } }] },
    });
    await web.stop();
    // Its network may go before it does.
    let left = await next();
    if (left?.length === 1) left = await next();
    expect(left).toEqual([]);
    await daemon.stop();
    await expect(next()).rejects.toThrow();
  });

  it('is not there in the daemon of a user', async () => {
    const directory = runtimeDirectory();
    chmodSync(directory, 0o777);
    daemon = await DaemonProcess.start(directory, { uid: 65534 });
    expect(existsSync(daemon.machineSocket)).toBe(true);
    expect(existsSync(join(directory, 'resolve.hook'))).toBe(false);
  });
});

/** Programs that a daemon has started and that run. */
function children(daemon: DaemonProcess): string[] {
  const listed = execFileSync('ps', ['-e', '-o', 'ppid=,args='], { encoding: 'utf8' });
  return listed.split('\n').filter((line) => line.trim().startsWith(`${daemon.pid} `) && line.includes(' -e '));
}
