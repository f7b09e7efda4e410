import type { Lab } from './lab.ts';

/** What came back of a call over Varlink. */
export interface VarlinkReply {
  readonly error?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Asks io.systemd.Machine's socket in a lab, as a user in a process of its own that then ends. */
export async function callVarlink(lab: Lab, uid: number, method: string, parameters: object): Promise<VarlinkReply> {
  const message = JSON.stringify({ method, parameters });
  const { stdout, stderr } = await lab.run('setpriv', ...as(uid), 'node', '-e', program, message);
  if (stdout === '') throw new Error(`${method}: ${stderr}`);
  return JSON.parse(stdout) as VarlinkReply;
}

/** What came back of a call over D-Bus: text, or the name of an error. */
export type DBusReply = { readonly error: string } | { readonly text: string };

/** Calls a method of org.freedesktop.machine1 in a lab with gdbus(1), as a user. */
export async function callDBus(
  lab: Lab,
  uid: number,
  { path, method, interactive = false }: { path: string; method: string; interactive?: boolean },
  ...parameters: readonly string[]
): Promise<DBusReply> {
  const to = ['--system', '--dest', 'org.freedesktop.machine1', '--object-path', path];
  const options = [...(interactive ? ['--interactive'] : []), '--method', method];
  const { status, stdout, stderr } = await lab.run(
    'setpriv',
    ...as(uid),
    'gdbus',
    'call',
    ...to,
    ...options,
    ...parameters,
  );
  if (status === 0) return { text: stdout.trim() };
  const error = /GDBus\.Error:([\w.]+):/.exec(stderr)?.[1];
  if (error === undefined) throw new Error(`${method}: ${stderr}`);
  return { error };
}

/** One of several questions: over Varlink, or for gdbus(1) with the object's path. */
export type LabQuestion =
  | { readonly varlink: readonly [method: string, parameters: object]; readonly more?: boolean }
  | { readonly dbus: readonly [path: string, method: string, ...parameters: string[]] };

/**
 * Asks one thing after the other as a user, in one process, which costs much less than a process for each.
 * @returns for each `allowed`, or the name of the error
 */
export async function callEach(lab: Lab, uid: number, questions: readonly LabQuestion[]): Promise<readonly string[]> {
  const { stdout, stderr } = await lab.run('setpriv', ...as(uid), 'node', '-e', eachProgram, JSON.stringify(questions));
  if (stdout === '') throw new Error(`as user ${uid}: ${stderr}`);
  return JSON.parse(stdout) as string[];
}

function as(uid: number): string[] {
  return ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--'];
}

/** One call over the socket; prints the reply. */
const program = `
const socket = require('node:net').createConnection('/run/systemd/machine/io.systemd.Machine');
let text = '';
socket.setEncoding('utf8').on('data', (chunk) => {
  text += chunk;
  if (!text.endsWith('\\0')) return;
  process.stdout.write(text.slice(0, -1));
  socket.destroy();
});
socket.write(process.argv[1] + '\\0');`;

/** Asks what it is given; prints what came of each. */
const eachProgram = `
const { spawnSync } = require('node:child_process');
const overVarlink = ([method, parameters], more) => new Promise((resolve, reject) => {
  const socket = require('node:net').createConnection('/run/systemd/machine/io.systemd.Machine');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    const end = text.indexOf('\\0');
    if (end < 0) return;
    resolve(JSON.parse(text.slice(0, end)).error ?? 'allowed');
    socket.destroy();
  });
  socket.on('close', () => reject(new Error(method + ': no answer')));
  socket.write(JSON.stringify({ method, parameters, ...(more && { more }) }) + '\\0');
});
const overDBus = ([path, method, ...parameters]) => {
  const to = ['call', '--system', '--dest', 'org.freedesktop.machine1', '--object-path', path, '--method', method];
  const { status, stderr } = spawnSync('gdbus', [...to, '--', ...parameters], { encoding: 'utf8' });
  if (status === 0) return 'allowed';
  const error = /GDBus\\.Error:([\\w.]+):/.exec(stderr);
  if (error === null) throw new Error(method + ': ' + stderr);
  return error[1];
};
(async () => {
  const answers = [];
  for (const { varlink, dbus, more } of JSON.parse(process.argv[1])) {
    answers.push(dbus ? overDBus(dbus) : await overVarlink(varlink, more));
  }
  process.stdout.write(JSON.stringify(answers));
})();`;
