import { closeSync, readdirSync, readFileSync, readlinkSync, readSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Entering } from '../../../src/inside/entering/entering.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { startProcess, stop } from '../../linux/process-tree.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';
import { startSilentContainer } from '../../sources/kernel/roots/silent-container.ts';
import { BareContainer, bareContainersUnavailable } from '../../support/bare-container.ts';
import { enteringProgram } from '../../support/build.ts';
import { childrenOf, childrenRunning } from '../../support/child-processes.ts';
import { Listener } from './listener.ts';

const unavailable = bareContainersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a connection to a socket in a machine', { timeout: 120_000 }, () => {
  const loop = new EventLoop();
  const entering = new Entering({ path: enteringProgram, loop });
  let own: BareContainer;
  let hosts: BareContainer;
  let machine: Machine;

  beforeAll(async () => {
    own = await BareContainer.start({ base: 0x50000000 });
    hosts = await BareContainer.start();
    machine = ledBy(own.leader);
  }, 60_000);
  afterAll(async () => {
    entering.close();
    await own.stop();
    await hosts.stop();
    loop.close();
  });

  it('is that of root inside, with a user namespace and without', async () => {
    for (const container of [own, hosts]) {
      const listener = await Listener.start(container, '/run/welcome');
      const before = openDescriptors();
      const socket = await entering.connect(ledBy(container.leader), '/run/welcome');
      expect(await listener.line()).toBe('0 0 0');
      const bytes = Buffer.alloc(100);
      expect(bytes.toString('utf8', 0, await untilRead(socket, bytes))).toBe('welcome');
      // Non-blocking and close-on-exec.
      expect(Number.parseInt(/^flags:\s+(\d+)$/m.exec(fdinfo(socket))?.[1] ?? '', 8) & 0o2004000).toBe(0o2004000);
      closeSync(socket);
      await untilSame(before);
      listener.stop();
    }
  });

  it('is refused for what no socket listens at, with the reason', async () => {
    own.run('touch', '/run/file');
    own.run('mkfifo', '/run/fifo');
    own.run('python3', '-c', 'import socket; socket.socket(socket.AF_UNIX).bind("/run/dead")');
    const reasons = { '/run/none': 'ENOENT', '/run/file': 'ECONNREFUSED', '/run/fifo': 'ECONNREFUSED' };
    const others = { '/run/dead': 'ECONNREFUSED', '/run/file/x': 'ENOTDIR', '/run': 'ECONNREFUSED' };
    for (const [path, errnoName] of Object.entries({ ...reasons, ...others })) {
      await expect(entering.connect(machine, path), path).rejects.toMatchObject({ code: 'system-failure', errnoName });
    }
  });

  it('is made below the root of the machine, whatever links there are', async () => {
    const outside = join(own.directory, '..', 'outside');
    for (const [name, target] of Object.entries({
      absolute: '/run/inside',
      up: '../../../../../../run/inside',
      loop: 'loop',
      magic: '/proc/1/root/run/inside',
      host: outside,
    })) {
      symlinkSync(target, join(own.directory, 'run', name));
    }
    const listener = await Listener.start(own, '/run/inside');
    for (const name of ['absolute', 'up']) {
      closeSync(await entering.connect(machine, `/run/${name}`));
      expect(await listener.line()).toBe('0 0 0');
    }
    for (const [name, errnoName] of Object.entries({ loop: 'ELOOP', magic: 'ELOOP', host: 'ENOENT' })) {
      await expect(entering.connect(machine, `/run/${name}`), name).rejects.toMatchObject({ errnoName });
    }
    listener.stop();
  });

  it('does not wait for one who never accepts', async () => {
    const program = `import socket, time
one = socket.socket(socket.AF_UNIX); one.bind("/run/full"); one.listen(0); print("listening", flush=True); time.sleep(1000)`;
    const child = own.spawn('python3', '-uc', program);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    closeSync(await entering.connect(machine, '/run/full'));
    await expect(entering.connect(machine, '/run/full')).rejects.toMatchObject({ errnoName: 'EAGAIN' });
    child.kill('SIGKILL');
  });

  it('is none to another process, to one that has ended, and to what is no container', async () => {
    const { leader } = machine;
    const other = { ...machine, leader: { ...leader, pidfdId: 1 } };
    await expect(entering.connect(other, '/run/x')).rejects.toMatchObject({ code: 'no-such-process' });
    const child = startProcess();
    const ended = ledBy(child.pid);
    await stop(child);
    await expect(entering.connect(ended, '/run/x')).rejects.toMatchObject({ code: 'no-such-process' });
    await expect(entering.connect(sampleMachine('vm', { class: 'vm' }), '/x')).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  it('is given up where the file system does not answer, and nobody else waits', async () => {
    own.run('touch', '/run/quick');
    const silent = await startSilentContainer();
    try {
      const stuck = ledBy(silent.pid);
      const given = Array.from({ length: 6 }, () => entering.connect(stuck, '/run/x'));
      let givenUp = 0;
      for (const one of given) one.catch(() => givenUp++);
      const late = Promise.allSettled(given);
      const copy = await untilStuck(silent.pid);
      for (const kind of ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']) {
        expect(readlinkSync(`/proc/${copy}/ns/${kind}`)).toBe(readlinkSync(`/proc/self/ns/${kind}`));
      }
      expect(readdirSync(`/proc/${copy}/fd`).length).toBeLessThanOrEqual(4);
      // But what Node itself passes on in `npm run coverage`.
      const environment = readFileSync(`/proc/${copy}/environ`, 'utf8').replace(/^NODE_V8_COVERAGE=[^\0]*\0$/, '');
      expect(environment).toBe('');
      await expect(entering.connect(machine, '/run/quick')).rejects.toMatchObject({ errnoName: 'ECONNREFUSED' });
      expect(givenUp).toBe(0);
      for (const outcome of await late) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'timed-out' } });
      }
      // It costs no further time, and no more processes.
      const again = performance.now();
      await expect(entering.connect(stuck, '/run/x')).rejects.toMatchObject({ code: 'timed-out' });
      expect(performance.now() - again).toBeLessThan(2000);
      expect(copies()).toHaveLength(4);
    } finally {
      silent.stop();
    }
    await expect.poll(copies, { timeout: 30_000 }).toEqual([]);
  });
});

/** Processes that a process of ours has made to go into a machine. */
function copies(): number[] {
  return childrenRunning(enteringProgram).flatMap(childrenOf);
}

/** @returns the one that waits for the file system */
async function untilStuck(leader: number): Promise<number> {
  for (let turns = 0; turns < 3000; turns++) {
    const found = copies().find((pid) => /fuse|request_wait/.test(waitOf(pid)));
    if (found !== undefined) return found;
    await milliseconds(10);
  }
  throw new Error(`nobody waits for the file system of ${leader}`);
}

/** Where in the kernel it waits (proc_pid_wchan(5)); nothing of one that is gone. */
function waitOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8');
  } catch {
    return '';
  }
}

async function untilRead(fd: number, bytes: Buffer): Promise<number> {
  for (let turns = 0; turns < 3000; turns++) {
    try {
      return readSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    await milliseconds(10);
  }
  return 0;
}

async function untilSame(before: Map<number, string>): Promise<void> {
  for (let turns = 0; turns < 3000 && openDescriptors().size > before.size; turns++) await milliseconds(10);
  expect(openDescriptors()).toEqual(before);
}

function fdinfo(fd: number): string {
  return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
}

function milliseconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count));
}
