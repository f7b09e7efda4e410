import type { Lab } from '../../support/lab.ts';
import type { PrivilegeCase, Transport } from './cases.ts';

/** Who asks, and of what. */
export interface Asking {
  readonly uid: number;
  readonly transport: Transport;
  readonly name: string;
  readonly leader: number;
  /** Whether it says that it would give a password. */
  readonly interactive?: boolean;
}

/**
 * Asks one question as a user, in a process of its own, with gdbus(1) or over the socket.
 * @returns `allowed`, or the name of the error
 */
export async function ask(lab: Lab, question: PrivilegeCase, asking: Asking): Promise<string> {
  const fill = (text: string): string => text.replace('NAME', asking.name).replace('LEADER', `${asking.leader}`);
  const as = ['--reuid', `${asking.uid}`, '--regid', `${asking.uid}`, '--clear-groups', '--'];
  if (asking.transport === 'Varlink') {
    if ('none' in question.varlink) throw new Error(question.varlink.none);
    const [method, parameters] = question.varlink;
    const filled = JSON.parse(fill(JSON.stringify(parameters)).replace(`"${asking.leader}"`, `${asking.leader}`));
    const interactive = asking.interactive === true && { allowInteractiveAuthentication: true };
    const message = JSON.stringify({ method, parameters: { ...filled, ...interactive } });
    const { stdout, stderr } = await lab.run('setpriv', ...as, 'node', '-e', program, message);
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { error?: string }).error ?? 'allowed';
  }
  if ('none' in question.dbus) throw new Error(question.dbus.none);
  const [path, method, ...parameters] = question.dbus;
  const to = ['--system', '--dest', 'org.freedesktop.machine1', '--object-path', `/org/freedesktop/${path}`];
  const options = [...(asking.interactive === true ? ['--interactive'] : []), '--method', method];
  const { status, stderr } = await lab.run(
    'setpriv',
    ...as,
    'gdbus',
    'call',
    ...to,
    ...options,
    ...parameters.map(fill),
  );
  const error = /GDBus\.Error:([\w.]+):/.exec(stderr)?.[1];
  if (status !== 0 && error === undefined) throw new Error(`${method}: ${stderr}`);
  return error ?? 'allowed';
}

/** One call over the socket of io.systemd.Machine; prints the reply. */
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
