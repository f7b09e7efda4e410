import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { hasProgram } from '../support/programs.ts';
import { Failure } from './failure.ts';

/**
 * Where the demo plays: mount and network namespaces of its own, so that it can have a /run and interfaces without
 * touching the machine's, and so that nothing can stay behind. An ordinary user gets a user namespace too, to be root in.
 */
export interface Stage {
  /** The ids that containers can have: first and number, as seen from the stage. None: they share the user's one id. */
  readonly ids?: { readonly first: number; readonly count: number };
}

/** Ids that no one else is likely to use, and easy to read. */
const FIRST_ID = 1_000_000_000;

/** Runs a program on the stage and gives its exit status. It ends when this process does. Throws a {@link Failure}. */
export async function runOnStage(program: string, parameters: (stage: Stage) => readonly string[]): Promise<number> {
  const root = process.getuid?.() === 0;
  const range = root ? { first: FIRST_ID, count: 2 * 65_536 } : subordinateIds();
  const stage: Stage = range === undefined ? {} : { ids: { first: FIRST_ID, count: range.count } };
  const namespaces = ['--mount', '--net', ...(root ? [] : ['--user']), ...(root || range ? [] : ['--map-root-user'])];
  probe(namespaces);
  const child = spawn('unshare', [...namespaces, '--', 'sh', '-c', WAIT, 'sh', program, ...parameters(stage)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdio[4] as Readable, 'data'), ended]);
  if (!root && range !== undefined) setMaps(child, range.first, range.count);
  (child.stdio[3] as Writable).end('\n');
  const [status] = (await ended) as [number | null];
  return status ?? 1;
}

// Says that it is in its namespaces, waits for its id maps, and then becomes the program, which is killed with its parent.
const WAIT = 'echo >&4; read -r _ <&3 || exit 1; exec setpriv --pdeathsig KILL -- "$@" 3<&- 4>&-';

function probe(namespaces: readonly string[]): void {
  try {
    execFileSync('unshare', [...namespaces, '--', 'true'], { stdio: 'pipe' });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new Failure(`This machine does not let ${userName()} make namespaces: ${stderr?.toString().trim()}`);
  }
}

/** The user's own id is root on the stage; newuidmap(1) adds what /etc/subuid and /etc/subgid allow. */
function setMaps({ pid }: ChildProcess, first: number, count: number): void {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const subordinate = [`${FIRST_ID}`, `${first}`, `${count}`];
  try {
    execFileSync('newuidmap', [`${pid}`, '0', `${uid}`, '1', ...subordinate], { stdio: 'pipe' });
    execFileSync('newgidmap', [`${pid}`, '0', `${gid}`, '1', ...subordinate], { stdio: 'pipe' });
  } catch (error) {
    throw new Failure(`The ids of /etc/subuid cannot be used: ${(error as Error).message.trim()}`);
  }
}

/** The first range that is the user's in both files and enough for two containers. */
function subordinateIds(): { first: number; count: number } | undefined {
  if (!hasProgram('newuidmap') || !hasProgram('newgidmap')) return undefined;
  const uids = ranges('/etc/subuid');
  const gids = ranges('/etc/subgid');
  return uids.find(
    ({ first, count }) => count >= 2000 && gids.some((gid) => gid.first === first && gid.count === count),
  );
}

/** The user's lines of a file in the format of subuid(5): `USER:FIRST:COUNT`. */
function ranges(file: string): { first: number; count: number }[] {
  const owners = [userName(), `${process.getuid?.()}`];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([user = '']) => owners.includes(user))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }));
}

/** The user's name, or the number of one without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.()}`;
  }
}
