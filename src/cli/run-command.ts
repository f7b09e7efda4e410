import { version } from '../daemon/version.ts';
import { parseArguments } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { check } from './commands/check.ts';
import { dnsSetup } from './commands/dns-setup.ts';
import { explain } from './commands/explain.ts';
import { group, user } from './commands/identity.ts';
import { install } from './commands/install.ts';
import { list } from './commands/list.ts';
import { register, unregister } from './commands/registration.ts';
import { resolve } from './commands/resolve.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { uninstall } from './commands/uninstall.ts';
import { watch } from './commands/watch.ts';
import { UsageError } from './failures.ts';

const commands: Readonly<Record<string, Command>> = {
  list,
  status,
  explain,
  check,
  resolve,
  watch,
  register,
  unregister,
  user,
  group,
  serve,
  'dns-setup': dnsSetup,
  install,
  uninstall,
};

/**
 * Runs `mymachines` with the words that follow its name. The result is the exit status: 0, or 1 when something that was
 * asked for is not there; `check` has 3 and 4 besides. Throws a {@link UsageError} for a command line that makes no
 * sense (status 2), other errors for what went wrong (status 1).
 */
export async function runCommand(words: readonly string[], context: Context): Promise<number> {
  const [name = 'list', ...rest] = words.length > 0 && !words[0]?.startsWith('-') ? words : defaultCommand(words);
  if (name === '--help') {
    context.output.write(usage());
    return 0;
  }
  if (name === '--version') {
    context.output.write(`mymachines ${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command '${name}'`);
  const options = { ...command.options, help: { type: 'boolean' } as const };
  const args = parseArguments(rest, options, context.output.terminal);
  if (args.values['help'] === true) {
    context.output.write(`mymachines ${name} ${command.synopsis}\n\n${command.summary}\n`);
    return 0;
  }
  const [least, most] = command.operands;
  if (args.operands.length < least) throw new UsageError(`'${name}' wants ${command.synopsis}`);
  if (args.operands.length > most) throw new UsageError(`'${name}' does not take '${args.operands[most]}'`);
  return command.run(args, context);
}

/** Without a command the machines are listed, as machinectl does; -h and --version stand alone. */
function defaultCommand(words: readonly string[]): string[] {
  if (words.includes('-h') || words.includes('--help')) return ['--help'];
  if (words.includes('--version')) return ['--version'];
  return ['list', ...words];
}

function usage(): string {
  const entries = Object.entries(commands).map(([name, command]) => [`${name} ${command.synopsis}`, command.summary]);
  return [
    'mymachines [COMMAND] [OPTION…]',
    '',
    'Names for local containers and virtual machines.',
    '',
    'Commands:',
    ...entries.map(([synopsis, summary]) => `  ${synopsis}\n      ${summary}`),
    '',
    'Options of every command:',
    '  --runtime-dir=DIR   where the sockets are (root: /run/systemd, others: $XDG_RUNTIME_DIR/systemd)',
    '  --json=MODE         pretty, short or off; -j: pretty on a terminal, short elsewhere',
    '  --no-legend         no heading and no count',
    '  -h, --help          this text, or that of a command',
    '  --version           the version',
    '',
    'Exit status: 0 done, 1 not found or failed, 2 the command line makes no sense; of check: 3 warnings, 4 failures.',
    '',
  ].join('\n');
}
