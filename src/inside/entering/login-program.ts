import type { LoginAccount } from '../../machine/login-account.ts';
import { loginEnvironment } from './login-environment.ts';
import type { ShellStart } from './request.ts';

/** What execve(2) takes. */
export interface LoginProgram {
  readonly path: string;
  /** From argv[0] on. */
  readonly args: readonly string[];
  /** `NAME=VALUE`. */
  readonly environment: readonly string[];
}

/**
 * The program that was asked for, or the user's shell, which a dash before its name tells that it is a login's
 * (login(1)).
 */
export function loginProgram(account: LoginAccount, { path, args, environment }: ShellStart): LoginProgram {
  const { shell } = account;
  return {
    path: path ?? shell,
    args: path === undefined ? [`-${shell.slice(shell.lastIndexOf('/') + 1)}`] : (args ?? [path]),
    environment: loginEnvironment(account, environment),
  };
}
