import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** What namespaces a process gets. */
export interface StarterOptions {
  /** `own`, `host`, or the PID of a process in the one to join. */
  readonly network: 'own' | 'host' | number;
  /** Content of uid_map and gid_map. Absent: no user namespace. */
  readonly maps?: { readonly uid: string; readonly gid: string };
}

/**
 * Starts one sleeping process per entry and gives their PIDs, in order, when each has its namespaces, its id maps and
 * the ids that its maps give to an init. A shell is their parent and reaps them; when this process dies, however it
 * does, the kernel kills the shell, and with it them (PR_SET_PDEATHSIG).
 */
export async function startProcesses(options: readonly StarterOptions[]): Promise<number[]> {
  const script = [...options.map(line), 'exec 3<&-', 'wait', ''].join('\n');
  const shell = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-s'], { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const go = shell.stdio[3] as Writable;
  shell.stdin.end(script);
  try {
    const pids = await announcedPids(shell.stdout, shell.stderr, options.length);
    for (const [index, { maps }] of options.entries()) {
      if (maps === undefined) continue;
      writeFileSync(`/proc/${pids[index]}/uid_map`, maps.uid);
      writeFileSync(`/proc/${pids[index]}/gid_map`, maps.gid);
    }
    // One byte each: whoever reads an end of file instead knows that we are gone.
    go.end('\n'.repeat(options.length));
    for (const pid of pids) await execOf(pid);
    shell.unref();
    return pids;
  } catch (error) {
    shell.kill('SIGKILL');
    throw error;
  } finally {
    for (const stream of [shell.stdout, shell.stderr, go]) stream.destroy();
  }
}

function line({ network, maps }: StarterOptions, index: number): string {
  const join = typeof network === 'number' ? `nsenter -t ${network} -n -- ` : '';
  const unshare = `unshare ${network === 'own' ? '--net ' : ''}${maps === undefined ? '' : '--user --keep-caps '}`;
  const ids =
    maps === undefined ? '' : `--reuid ${firstInside(maps.uid)} --regid ${firstInside(maps.gid)} --clear-groups `;
  // The shell that announces itself becomes the sleeper, so the PID stays. Ambient capabilities are what --keep-caps sets.
  const exec = `exec setpriv ${ids}--inh-caps -all --ambient-caps -all --pdeathsig KILL -- sleep ${LONGEST}`;
  const inner = `echo ${index} $$; read -r _ || exit 1; ${exec} </dev/null >/dev/null 2>&1 3<&-`;
  // No braces: the shell itself must be the parent, whose death the sleeper is to hear of.
  return `${join}${unshare}-- sh -c '${inner}' <&3 3<&- &`;
}

// Seconds. Whatever goes wrong with a test process, nothing of it stays for ever.
const LONGEST = 7200;

function firstInside(map: string): number {
  return Number.parseInt(map.trim(), 10);
}

async function announcedPids(stdout: Readable, stderr: Readable, count: number): Promise<number[]> {
  // Whoever cannot go on says why, and nobody else says anything.
  stderr.setEncoding('utf8').once('data', (text: string) => {
    stdout.destroy(new Error(`a container did not start: ${text.trim()}`));
  });
  const pids: number[] = [];
  let announced = 0;
  let rest = '';
  for await (const chunk of stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() as string;
    for (const [index, pid] of lines.map((text) => text.split(' '))) {
      pids[Number(index)] = Number(pid);
      announced += 1;
    }
    if (announced === count) return pids;
  }
  throw new Error("the containers' shell ended early");
}

async function execOf(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n') {
    if (Date.now() > deadline) throw new Error(`process ${pid} did not become a sleeper`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
