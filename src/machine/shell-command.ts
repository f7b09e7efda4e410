import type { ShellRequest } from './inside-operations.ts';

/** What is run for who asks for a shell. */
export interface ShellCommand {
  /** Absolute. */
  readonly program: string;
  /** From argv[0] on. */
  readonly args: readonly string[];
}

/**
 * What a request for a shell comes to where the machine's own systemd starts it. Without arguments of its own a program
 * gets its path as its name; without a path it is that user's login shell, whatever arguments were given (systemd 262).
 */
export function shellCommand({ user = 'root', path, args }: ShellRequest): ShellCommand {
  if (path !== undefined) return { program: path, args: args ?? [path] };
  return { program: '/bin/sh', args: ['sh', '-c', LOGIN_SHELL, 'sh', user] };
}

/** The last field of passwd(5), wherever the machine's name service has it from, as a login shell. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: these are for sh(1)
const LOGIN_SHELL = 'entry=$(getent -- passwd "$1"); shell=${entry##*:}; exec "${shell:-/bin/sh}" -l';
