import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { asUser } from '../support/as-user.ts';
import { compiledMain } from '../support/build.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { mymachines } from './command.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** `mymachines watch` while it runs. */
class Watching {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(daemon: DaemonProcess, words: readonly string[], uid?: number) {
    const parameters = ['watch', `--runtime-dir=${daemon.runtimeDirectory}`, ...words];
    const [program, ...rest] =
      uid === undefined ? [process.execPath, compiledMain, ...parameters] : asUser(uid, compiledMain, ...parameters);
    this.child = spawn(program as string, rest);
    running.add(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  get lines(): string[] {
    return this.stdout.trimEnd().split('\n');
  }

  has(text: string | RegExp): Promise<void> {
    return vi.waitFor(() => expect(this.stdout).toMatch(text), { timeout: 5000, interval: 5 });
  }

  /** The exit status and what was said about it. */
  async ended(): Promise<[number | null, string]> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return [this.child.exitCode, this.stderr];
  }
}

const running = new Set<ChildProcess>();

describe.skipIf(unavailable !== undefined)('mymachines watch', () => {
  let daemon: DaemonProcess;
  let web: Container;
  let db: Container;
  const run = (...words: string[]) => mymachines(...words, `--runtime-dir=${daemon.runtimeDirectory}`);
  const inside = (...commands: string[]) =>
    execFileSync('nsenter', ['-t', `${web.pid}`, '-n', '--', 'ip', '-batch', '-'], { input: commands.join('\n') });

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    const ids = '0 1879048192 65536';
    web = await startContainer({ maps: { uid: ids, gid: ids }, addresses: ['10.9.8.7/24', 'fe80::7/64'] });
    db = await startContainer({ maps: { uid: '0 100000 10\n20 200000 1', gid: ids }, hostNetwork: true });
    expect(await run('register', 'web', `--leader=${web.pid}`)).toMatchObject({ status: 0 });
  });

  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('shows a line for what there is and for each change, until it is interrupted', async () => {
    const watching = new Watching(daemon, []);
    await watching.has('complete');
    await run('register', 'db', `--leader=${db.pid}`);
    await watching.has('added');
    inside('address add 10.9.8.6/24 dev host0');
    await watching.has('10.9.8.6');
    inside('address flush dev host0');
    await watching.has('none');
    await run('unregister', 'db');
    await watching.has('removed');
    inside('address add 10.9.8.7/24 dev host0', 'address add fe80::7/64 dev host0 nodad');
    await watching.has(/fe80::7%2\n$/);
    watching.child.kill('SIGINT');
    expect(await watching.ended()).toEqual([0, '']);
    const maps = 'uids 0+10@100000,20+1@200000 gids 0+65536@1879048192';
    expect(watching.lines.slice(0, 4)).toEqual([
      'present           web container 10.9.8.7 fe80::7%2 ids 0+65536@1879048192',
      'complete          what follows has happened since',
      `added             db container ${maps}`,
      'addresses_changed web 10.9.8.6 10.9.8.7 fe80::7%2',
    ]);
    // A flush takes one address after the other, and some of that may be seen as one.
    expect(watching.lines).toContain('addresses_changed web none');
    expect(watching.lines).toContain('removed           db container');
    expect(watching.lines.at(-1)).toBe('addresses_changed web 10.9.8.7 fe80::7%2');
  });

  it.each(['short', 'pretty'])('gives an object for each as JSON (%s)', async (mode) => {
    const watching = new Watching(daemon, [`--json=${mode}`]);
    await watching.has('complete');
    watching.child.kill('SIGINT');
    expect((await watching.ended())[0]).toBe(0);
    const objects = (mode === 'short' ? watching.lines : watching.stdout.split(/(?<=^\}\n)/m)).map((text) =>
      JSON.parse(text),
    );
    expect(objects).toEqual([
      expect.objectContaining({ event: 'present', name: 'web', class: 'container' }),
      { event: 'complete' },
    ]);
    expect(objects[0].addresses[0]).toMatchObject({
      address: '10.9.8.7',
      interfaceInside: { index: 2, name: 'host0' },
    });
  });

  it('tells those who may not inspect machines who is there', async () => {
    execFileSync('chmod', ['755', daemon.runtimeDirectory]);
    const watching = new Watching(daemon, [], 65534);
    await watching.has('complete');
    expect(watching.lines).toEqual([
      'present           web container',
      'complete          what follows has happened since',
    ]);
    inside('address add 10.9.8.5/24 dev host0', 'address del 10.9.8.5/24 dev host0');
    await run('register', 'db', `--leader=${db.pid}`);
    await watching.has('added');
    await run('unregister', 'db');
    await watching.has('removed');
    expect(watching.lines.slice(2)).toEqual(['added             db container', 'removed           db container']);
  });

  it('ends when nobody reads it any more', async () => {
    const watching = new Watching(daemon, []);
    await watching.has('complete');
    watching.child.stdout?.destroy();
    await run('register', 'db', `--leader=${db.pid}`);
    await run('unregister', 'db');
    expect(await watching.ended()).toEqual([0, '']);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('says that the service has ended (%s)', async (signal) => {
    const own = await DaemonProcess.start();
    const watching = new Watching(own, []);
    await watching.has('complete');
    await own.stop(signal);
    expect(await watching.ended()).toEqual([1, 'mymachines: the service has ended\n']);
    rmSync(own.runtimeDirectory, { recursive: true });
  });

  it('says so when there is no service, or too much was said', async () => {
    const nobody = await mymachines('watch', '--runtime-dir=/nonexistent');
    expect(nobody).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('nobody answers') });
    expect(await run('watch', 'web')).toMatchObject({ status: 2 });
  });
});
