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
