import { chmodSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { mymachines } from './command.ts';

const unavailable = process.getuid?.() === 0 ? containersUnavailable() : 'not root';
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('mymachines resolve', () => {
  let daemon: DaemonProcess;
  const run = (...words: string[]) => mymachines(...words, `--runtime-dir=${daemon.runtimeDirectory}`);
  const done = (stdout: string) => ({ status: 0, stdout, stderr: '' });
  const unknown = (asked: string) => ({
    status: 1,
    stdout: '',
    stderr: `mymachines: No machine is known by '${asked}'.\n`,
  });

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    chmodSync(daemon.runtimeDirectory, 0o755);
    for (const [name, addresses] of [
      ['web', ['10.9.8.7/24', '10.9.8.9/24', 'fd00::7/64']],
      ['twin', ['10.9.8.9/24']],
      ['bare', undefined],
    ] as const) {
      const { pid } = await startContainer(addresses === undefined ? {} : { addresses });
      expect(await run('register', name, `--leader=${pid}`)).toMatchObject({ status: 0 });
    }
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon?.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it.each([
    ['web', 'NAME ADDRESS\nweb  10.9.8.7\n     10.9.8.9\n     fd00::7\n'],
    ['WEB.', 'NAME ADDRESS\nweb  10.9.8.7\n     10.9.8.9\n     fd00::7\n'],
    ['bare', 'NAME ADDRESS\nbare -\n'],
    ['10.9.8.7', 'NAME ADDRESS\nweb  10.9.8.7\n'],
    ['10.9.8.9', 'NAME ADDRESS\nweb  10.9.8.9\ntwin\n'],
    ['fd00:0::7', 'NAME ADDRESS\nweb  fd00::7\n'],
  ])('%s', async (asked, expected) => {
    expect(await run('resolve', asked)).toEqual(done(expected));
  });

  it('tells the same as JSON, and without a heading', async () => {
    const told = { names: ['web'], addresses: ['10.9.8.7', '10.9.8.9', 'fd00::7'] };
    expect(await run('resolve', 'web', '-j')).toEqual(done(`${JSON.stringify(told)}\n`));
    expect(await run('resolve', 'web', '--json=pretty')).toEqual(done(`${JSON.stringify(told, null, '\t')}\n`));
    expect(await run('resolve', 'bare', '-j')).toEqual(done('{"names":["bare"],"addresses":[]}\n'));
    expect(await run('resolve', '10.9.8.9', '-j')).toEqual(done('{"names":["web","twin"],"addresses":["10.9.8.9"]}\n'));
    expect(await run('resolve', '10.9.8.7', '--no-legend')).toEqual(done('web 10.9.8.7\n'));
  });

  it.each(['nope', 'a..b', '', 'www.web', '10.9.8.8', 'fd00::8', '10.9.8.7/24', 'fe80::1%1'])(
    'does not know %s',
    async (asked) => {
      expect(await run('resolve', asked)).toEqual(unknown(asked));
    },
  );

  it('wants something to resolve', async () => {
    expect(await run('resolve')).toMatchObject({ status: 2 });
  });
});
