import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';

/** What came of raw bytes sent to a Varlink socket. */
export interface RawAnswer {
  readonly replies: readonly Record<string, unknown>[];
  /** Whether the service hung up by itself. */
  readonly closed: boolean;
}

/**
 * Sends bytes as they are and gives what came back until `count` replies, the end of the connection, or so many
 * milliseconds.
 */
export function sendRaw(path: string, bytes: string | Buffer, count = 1, patience = 2000): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let text = '';
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const replies = text.split('\0').filter((reply) => reply !== '');
      resolve({ replies: replies.map((reply) => JSON.parse(reply)), closed });
    };
    const timer = setTimeout(() => done(false), patience);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\0').length > count) done(false);
    });
    // A write after the service has hung up is no news; that it has is told by `close`.
    socket.on('error', () => {});
    socket.on('close', () => done(true));
    socket.write(bytes);
  });
}

/** One call, as anybody would write it, and its one reply. */
export async function ask(path: string, method: string, parameters: unknown = {}): Promise<Record<string, unknown>> {
  const { replies } = await sendRaw(path, `${JSON.stringify({ method, parameters })}\0`);
  return replies[0] ?? { closed: true };
}

/** Calls over one connection, all sent at once, and the texts of their replies. However long it takes. */
export function askAll(path: string, calls: readonly object[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      const replies = text.split('\0');
      if (replies.length <= calls.length) return;
      socket.destroy();
      resolve(replies.slice(0, -1));
    });
    socket.write(calls.map((call) => `${JSON.stringify(call)}\0`).join(''));
  });
}

/**
 * One call from a process of another user, and its reply. The process goes on until it is killed, so that it can be what it registers.
 */
export async function askAs(
  uid: number,
  path: string,
  method: string,
  parameters: unknown = {},
): Promise<{ readonly reply: Record<string, unknown>; readonly pid: number; stop(): void }> {
  const message = JSON.stringify({ method, parameters });
  const program = `
    const socket = require('node:net').createConnection(process.argv[1]);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('\\0')) process.stdout.write(text);
    });
    socket.write(process.argv[2].replaceAll('"SELF"', process.pid) + '\\0');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', program, path, message], { uid, gid: uid, cwd: '/' });
  const reply = await new Promise<string>((resolve, reject) => {
    let text = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\0')) resolve(text.slice(0, -1));
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.on('exit', () => reject(new Error(`the caller ended: ${errors}`)));
  });
  child.removeAllListeners('exit');
  return { reply: JSON.parse(reply), pid: child.pid as number, stop: () => child.kill('SIGKILL') };
}
