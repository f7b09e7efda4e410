import { isId } from './id-map.ts';

/** A user as who somebody works on a terminal. */
export interface LoginAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, `gid` included. */
  readonly groups: readonly number[];
  /** Absolute. */
  readonly home: string;
  /** Absolute. */
  readonly shell: string;
}

/** As many groups as a process can have (NGROUPS_MAX of limits.h). */
const MAXIMUM_GROUPS = 65_536;

/**
 * Finds a user in the text of a passwd(5) and a group(5) that a machine wrote. The first line that fits counts, lines
 * that are none are passed over. Root is there also where no line names it.
 * @param wanted a name, or a number in decimal, which is meant where nobody has it for a name
 * @returns undefined where there is no such user
 */
export function findLoginAccount(passwd: string, group: string, wanted: string): LoginAccount | undefined {
  const users = passwd.split('\n').flatMap((line) => parseUser(line) ?? []);
  const number = /^(0|[1-9]\d{0,9})$/.test(wanted) ? Number(wanted) : undefined;
  const user =
    users.find(({ name }) => name === wanted) ??
    users.find(({ uid }) => uid === number) ??
    (wanted === 'root' || number === 0 ? root : undefined);
  if (user === undefined) return undefined;
  const groups = new Set([user.gid]);
  for (const line of group.split('\n')) {
    const [, , gid = '', members = '', ...more] = line.split(':');
    if (more.length > 0 || !isNumber(gid) || !members.split(',').includes(user.name)) continue;
    if (groups.size < MAXIMUM_GROUPS) groups.add(Number(gid));
  }
  return { ...user, groups: [...groups] };
}

/** As nss-systemd(8) has it for systems without a line. */
const root = { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/sh' };

function parseUser(line: string): Omit<LoginAccount, 'groups'> | undefined {
  const [name = '', , uid = '', gid = '', , home = '', shell = '', ...more] = line.split(':');
  if (name === '' || more.length > 0 || !isNumber(uid) || !isNumber(gid)) return undefined;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: isPath(home) ? home : '/',
    shell: isPath(shell) ? shell : '/bin/sh',
  };
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text) && isId(Number(text));
}

function isPath(text: string): boolean {
  return text.startsWith('/') && !text.includes('\0');
}
