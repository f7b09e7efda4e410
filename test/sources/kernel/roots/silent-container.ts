import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../support/project-root.ts';

/** Why there can be none, for `describe.skipIf`, or undefined. */
export function silentContainerUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return 'a container with a file system of its own needs root';
  return existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse';
}

/** A container that {@link startSilentContainer} started. */
export interface SilentContainer {
  /** Its leader. */
  readonly pid: number;
  /** Ends it with its file system, which lets go of whoever waits for an answer. */
  stop(): void;
}

/**
 * A process in a mount namespace of its own, whose root is a file system (FUSE) that never answers whoever opens a
 * directory or looks for a name.
 */
export async function startSilentContainer(): Promise<SilentContainer> {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-silent-'));
  const server = join(directory, 'server.mjs');
  const leader = join(directory, 'leader.mjs');
  const libc = `
    import koffi from ${JSON.stringify(join(projectRoot, 'node_modules/koffi/index.js'))};
    const libc = koffi.load(null);
    const root = ${JSON.stringify(directory)};`;
  writeFileSync(server, `${libc}${serverText}`);
  writeFileSync(leader, `${libc}${leaderText}`);
  // Where it mounts nobody else sees it, and the leader is killed with the server (PR_SET_PDEATHSIG).
  const child = spawn('unshare', ['--mount', 'setpriv', '--pdeathsig', 'KILL', process.execPath, server, leader], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    return { pid: await announced(child), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

async function announced(child: ChildProcess): Promise<number> {
  for await (const text of child.stdout ?? []) return Number(text);
  throw new Error('the file system did not start');
}

/** Goes into the file system; from then on every file that it opened would make it wait, so it does nothing at all. */
const leaderText = `
  import fs from 'node:fs';
  const pause = libc.func('int pause()');
  if (libc.func('int chroot(str path)')(root) !== 0) throw new Error('chroot failed');
  fs.writeSync(1, process.pid + '\\n');
  pause();
`;

/**
 * Answers what mount(2) and chroot(2) ask for and nothing else. The numbers are those of linux/fuse.h: a request begins
 * with its length, opcode and unique id; so does a reply, with an error in the opcode's place.
 */
const serverText = `
  import { spawn } from 'node:child_process';
  import fs from 'node:fs';
  const mount = libc.func('int mount(str source, str target, str type, ulong flags, str data)');
  const [GETATTR, INIT, ACCESS] = [3, 26, 34];
  const leader = fs.readFileSync(process.argv[2]);
  const device = fs.openSync('/dev/fuse', 'r+');
  const options = 'fd=' + device + ',rootmode=40000,user_id=0,group_id=0';
  if (mount('silent', root, 'fuse', 0, options) !== 0) throw new Error('mount failed');

  const buffer = Buffer.alloc(1 << 20);
  const next = () => fs.read(device, buffer, 0, buffer.length, null, (error, length) => {
    if (error) throw error;
    const opcode = buffer.readUInt32LE(4);
    if (opcode === INIT) reply(init());
    if (opcode === GETATTR) reply(attributes());
    if (opcode === ACCESS) reply(Buffer.alloc(0));
    next();
  });
  const reply = (body) => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(16 + body.length, 0);
    buffer.copy(header, 8, 8, 16);
    fs.writeSync(device, Buffer.concat([header, body]));
  };
  const init = () => {
    const body = Buffer.alloc(64);
    body.writeUInt32LE(7, 0);
    body.writeUInt32LE(31, 4);
    body.writeUInt32LE(4096, 20);
    return body;
  };
  const attributes = () => {
    const body = Buffer.alloc(104);
    body.writeBigUInt64LE(1n, 16);
    body.writeUInt32LE(0o40755, 76);
    body.writeUInt32LE(2, 80);
    return body;
  };
  next();
  const parameters = ['--pdeathsig', 'KILL', process.execPath, '--input-type=module'];
  const child = spawn('setpriv', parameters, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(leader);
`;
