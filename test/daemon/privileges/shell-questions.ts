import type { Lab } from '../../support/lab.ts';
import type { Transport } from './cases.ts';
import type { PolkitQuestion } from './polkit-monitor.ts';

/** A shell that is asked for. */
export interface ShellQuestion {
  readonly transport: Transport;
  readonly name: 'web' | '.host';
  readonly user?: string;
  readonly path?: string;
  readonly args?: readonly string[];
}

/** What polkit is asked about it; recorded of systemd-machined in fixtures/systemd-262/shell-details.json. */
export interface ShellDetails extends ShellQuestion, PolkitQuestion {}

const shells: readonly Omit<ShellQuestion, 'transport'>[] = [
  { name: 'web' },
  { name: 'web', user: 'bob' },
  { name: 'web', user: 'a$b %u' },
  { name: 'web', args: ['left', 'out'] },
  { name: 'web', path: '/bin/true' },
  { name: 'web', path: '/with space/and"quote' },
  { name: 'web', user: 'bob', path: '/bin/true', args: ['true'] },
  { name: 'web', path: '/bin/true', args: ['true', 'two words', '', '', 'end '] },
  { name: 'web', path: '/bin/true', args: ['"double"', "'single'", '`back`', '\\', '$HOME', '%u', '*', ';', '#'] },
  { name: 'web', path: '/bin/true', args: ['tab\t', 'line\nline', 'return\r'] },
  { name: 'web', path: '/bin/true', args: ['é…😀', '\u0085\u200b\u202e\ufeff'] },
  { name: '.host' },
  { name: '.host', user: 'bob', path: '/bin/true', args: ['true', 'two words', '"'] },
];

/** Each over both transports. systemd 262 takes no other control characters over Varlink. */
export const shellQuestions: readonly ShellQuestion[] = [
  ...shells.flatMap((shell) => (['D-Bus', 'Varlink'] as const).map((transport) => ({ transport, ...shell }))),
  { transport: 'D-Bus', name: 'web', path: '/bin/true', args: ['\u0001\u0007\u001b[31m\u007f'] },
];

/** Asks all as a user, one after the other. @returns by question why there was no shell */
export async function askForShells(lab: Lab, uid: number): Promise<readonly string[]> {
  const ids = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--'];
  const { stdout, stderr } = await lab.run('setpriv', ...ids, 'node', '-e', program, JSON.stringify(shellQuestions));
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

// busctl(1) takes arguments as they are.
const program = `
const { spawnSync } = require('node:child_process');
const { createConnection } = require('node:net');
const manager = ['org.freedesktop.machine1', '/org/freedesktop/machine1', 'org.freedesktop.machine1.Manager'];
const overDBus = ({ name, user = '', path = '', args = [] }) => {
  const parameters = [name, user, path, String(args.length), ...args, '0'];
  const called = spawnSync('busctl', ['call', ...manager, 'OpenMachineShell', 'sssasas', '--', ...parameters]);
  return called.stderr.toString().trim();
};
const overVarlink = ({ transport, ...parameters }) => new Promise((resolve) => {
  const socket = createConnection('/run/systemd/machine/io.systemd.Machine');
  socket.on('data', (data) => socket.destroy() && resolve(JSON.parse(data.toString().slice(0, -1)).error));
  socket.on('close', () => resolve('closed'));
  socket.write(JSON.stringify({ method: 'io.systemd.Machine.Open', parameters: { mode: 'shell', ...parameters } }) + '\\0');
});
(async () => {
  const replies = [];
  for (const question of JSON.parse(process.argv[1])) {
    replies.push(await (question.transport === 'D-Bus' ? overDBus : overVarlink)(question));
  }
  process.stdout.write(JSON.stringify(replies));
})();`;
