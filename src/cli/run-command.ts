import { version } from '../daemon/package-files.ts';
import { parseArguments } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { UsageError } from './failures.ts';

/** The commands by name. Each is loaded only when it is asked for: most of them need little, and `serve` needs everything. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  list: async () => (await import('./commands/list.ts')).list,
  status: async () => (await import('./commands/status.ts')).status,
  explain: async () => (await import('./commands/explain.ts')).explain,
  check: async () => (await import('./commands/check.ts')).check,
  resolve: async () => (await import('./commands/resolve.ts')).resolve,
  watch: async () => (await import('./commands/watch.ts')).watch,
  register: async () => (await import('./commands/registration.ts')).register,
  unregister: async () => (await import('./commands/registration.ts')).unregister,
  images: async () => (await import('./commands/images.ts')).images,
  shell: async () => (await import('./commands/terminal.ts')).shell,
  login: async () => (await import('./commands/terminal.ts')).login,
  'copy-to': async () => (await import('./commands/files.ts')).copyTo,
  'copy-from': async () => (await import('./commands/files.ts')).copyFrom,
  bind: async () => (await import('./commands/files.ts')).bind,
  user: async () => (await import('./commands/identity.ts')).user,
  group: async () => (await import('./commands/identity.ts')).group,
  serve: async () => (await import('./commands/serve.ts')).serve,
  'dns-setup': async () => (await import('./commands/dns-setup.ts')).dnsSetup,
  install: async () => (await import('./commands/install.ts')).install,
  uninstall: async () => (await import('./commands/uninstall.ts')).uninstall,
};

/**
 * Runs `mymachines` with the words that follow its name. The result is the exit status: 0, or 1 when something that was
 * asked for is not there; `check` has 3 and 4 besides. Throws a {@link UsageError} for a command line that makes no
 * sense (status 2), other errors for what went wrong (status 1).
 */
export async function runCommand(words: readonly string[], context: Context): Promise<number> {
  const [name = 'list', ...rest] = words.length > 0 && !words[0]?.startsWith('-') ? words : defaultCommand(words);
  if (name === '--help') {
    context.output.write(await usage());
    return 0;
  }
  if (name === '--version') {
    context.output.write(`mymachines ${version()}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) throw new UsageError(`there is no command '${name}'`);
  const command = await load();
  const options = { ...command.options, help: { type: 'boolean' } as const };
  const args = parseArguments(rest, options, context.output, command.optionsBefore);
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

async function usage(): Promise<string> {
  const entries = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { synopsis, summary } = await load();
      return [`${name} ${synopsis}`, summary];
    }),
  );
  return [
    'mymachines [COMMAND] [OPTION…]',
    '',
    'Names for local containers and virtual machines.',
    '',
    'Commands:',
    ...entries.map(([synopsis, summary]) => `  ${synopsis}\n      ${summary}`),
    '',
    'Options of every command:',
    '  --runtime-dir=DIR   where the sockets are (root: /run/systemd, others: $XDG_RUNTIME_DIR/systemd, and where nobody',
    '                      answers there, /run/systemd)',
    '  --json=MODE         pretty, short or off; -j: pretty on a terminal, short elsewhere',
    '  --no-legend         no heading and no count',
    '  -h, --help          this text, or that of a command',
    '  --version           the version',
    '',
    'Exit status: 0 done, 1 not found or failed, 2 the command line makes no sense; of check: 3 warnings, 4 failures.',
    '',
  ].join('\n');
}
