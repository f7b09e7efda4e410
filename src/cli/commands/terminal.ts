import type { Arguments } from '../arguments.ts';
import { outputOptions } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { UsageError } from '../failures.ts';
import { printable } from '../output.ts';
import { sit } from '../terminal/session.ts';

type Session = Parameters<typeof sit>[2];

const quietOption = { quiet: { type: 'boolean', short: 'q' } } as const;
const runtimeOption = { 'runtime-dir': outputOptions['runtime-dir'] as { type: 'string' } };

/** `mymachines shell [[USER@]NAME [PATH [ARGUMENTS…]]]`: io.systemd.Machine.Open, as machinectl has it. */
export const shell: Command = {
  synopsis: '[--uid=USER] [--setenv=NAME[=VALUE]]… [-q] [[USER@]NAME [PATH [ARGUMENT…]]]',
  summary: 'Runs a shell or another program in a machine, or on the host. Exit status: 0, whatever the program’s is.',
  options: {
    ...quietOption,
    ...runtimeOption,
    uid: { type: 'string' },
    setenv: { type: 'string', short: 'E', multiple: true },
  },
  operands: [0, Number.POSITIVE_INFINITY],
  // What follows belongs to the program: `shell web /bin/ls -l`.
  optionsBefore: 1,
  run({ operands, values }, context) {
    const [machine = '.host', path, ...more] = operands;
    const { user, name } = target(machine);
    const chosen = user ?? values['uid'];
    return session(values, context, {
      name,
      mode: 'shell',
      ...(typeof chosen === 'string' && { user: chosen }),
      ...(path !== undefined && { path, args: [path, ...more] }),
      environment: environment(values['setenv'], context.environment),
      allowInteractiveAuthentication: true,
    });
  },
};

/** `mymachines login [NAME]`: io.systemd.Machine.Open, as machinectl has it. */
export const login: Command = {
  synopsis: '[-q] [NAME]',
  summary: 'Shows a login prompt of a machine, or of the host.',
  options: { ...quietOption, ...runtimeOption },
  operands: [0, 1],
  run({ operands, values }, context) {
    const [name = '.host'] = operands;
    return session(values, context, { name: name || '.host', mode: 'login', allowInteractiveAuthentication: true });
  },
};

async function session(values: Arguments['values'], context: Context, parameters: Session): Promise<number> {
  const where = parameters.name === '.host' ? 'the local host' : `machine ${printable(parameters.name)}`;
  const tell = (text: string): void => {
    if (values['quiet'] !== true) process.stderr.write(`${text}\n`);
  };
  const end = await sit(values, context, parameters, () =>
    tell(`Connected to ${where}. Press ^] three times within 1s to exit session.`),
  );
  if (end === 'left') process.stderr.write('\n');
  tell(`Connection to ${where} terminated.`);
  return 0;
}

/** `USER@NAME`, either of which may be left out. */
function target(text: string): { readonly user?: string; readonly name: string } {
  const at = text.lastIndexOf('@');
  if (at === 0) throw new UsageError(`'${text}' has no user before the @`);
  if (at < 0) return { name: text || '.host' };
  return { user: text.slice(0, at), name: text.slice(at + 1) || '.host' };
}

/**
 * As `--setenv` has it: a value that is not given is ours, or none. What our terminal is the shell wants to know. Where
 * there is none, or nobody knows, it is `dumb`, as machinectl 262 says: systemd in the machine would else ask it things,
 * and have what is typed for an answer.
 */
function environment(given: Arguments['values'][string], own: NodeJS.ProcessEnv): string[] {
  const assignments = (Array.isArray(given) ? given : []).map((text) => {
    const assignment = String(text).includes('=') ? String(text) : `${String(text)}=${own[String(text)] ?? ''}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(assignment)) throw new UsageError(`--setenv= takes NAME=VALUE, not '${text}'`);
    return assignment;
  });
  const terminal = (process.stdin.isTTY && process.stdout.isTTY && own['TERM']) || 'dumb';
  if (assignments.some((assignment) => assignment.startsWith('TERM='))) return assignments;
  return [...assignments, `TERM=${terminal}`];
}
