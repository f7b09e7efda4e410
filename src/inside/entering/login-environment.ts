import type { LoginAccount } from '../../machine/login-account.ts';

/**
 * What login(1) gives a user, with what was asked for over it: `NAME=VALUE`, each name once. The paths are those of
 * Debian's login.defs(5); the terminal is what systemd takes one for of which it knows nothing.
 */
export function loginEnvironment(account: LoginAccount, wanted: readonly string[]): readonly string[] {
  const { name, uid, home, shell } = account;
  const path =
    uid === 0 ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' : '/usr/local/bin:/usr/bin:/bin';
  const variables = new Map<string, string>([
    ['HOME', home],
    ['SHELL', shell],
    ['USER', name],
    ['LOGNAME', name],
    ['PATH', path],
    ['TERM', 'vt220'],
  ]);
  for (const assignment of wanted) {
    const at = assignment.indexOf('=');
    variables.set(assignment.slice(0, at), assignment.slice(at + 1));
  }
  return [...variables].map(([variable, value]) => `${variable}=${value}`);
}
