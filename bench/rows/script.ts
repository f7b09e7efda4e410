import { execFile, execFileSync } from 'node:child_process';
import { differences } from '../answers.ts';
import type { BenchMachine } from '../machines.ts';
import { randomIntegers } from '../random.ts';
import type { Findings } from '../result.ts';
import { type Contest, measureRows } from '../run-rows.ts';
import type { Target } from '../targets/target.ts';
import { repeatFor } from '../workloads/timed.ts';

/**
 * What one does by hand where there is no such service: a script that knows a machine's leader, and asks ip(8) in its
 * network namespace for the addresses. Against it: getent(1) by libnss_mymachines, in a script like it.
 */
export async function scriptRow(contest: Contest, machines: readonly BenchMachine[]): Promise<Findings> {
  const { name: _name, pid: _pid, ...daemon } = contest.candidate;
  const reference: Target = { ...daemon, name: 'nsenter in a script', version: utilLinux() };
  const candidate: Target = { ...daemon, name: contest.candidate.name };
  const random = randomIntegers(262);
  const asked = Array.from({ length: ASKED }, () => machines[random(machines.length)] as BenchMachine);
  const text = ({ name }: Target) => (name === reference.name ? NSENTER : GETENT);
  const input = asked.map(({ name, leader }) => `${name} ${leader}\n`).join('');
  const run = (target: Target) => shell(text(target), input, target);
  return measureRows(
    { ...contest, reference, candidate },
    { name: 'addresses of a machine, in a script', protocol: 'process' },
    {
      compare: async () =>
        differences(
          [`addresses of ${ASKED} machines`],
          [addresses(await run(reference))],
          [addresses(await run(candidate))],
        ),
      run: async (target, { seconds }) => {
        const result = await repeatFor(seconds, async () => void (await run(target)));
        const each = (time: number) => time / ASKED;
        const { calls, p50, p99, max } = result;
        return {
          ...result,
          calls: calls * ASKED,
          total: calls * ASKED,
          p50: each(p50),
          p99: each(p99),
          max: each(max),
        };
      },
    },
    [{ machines: machines.length, connections: 1, goals: [] }],
  );
}

const ASKED = 20;
const NSENTER = 'while read -r name leader; do nsenter -t "$leader" -n ip -o addr show scope global; done';
const GETENT = 'while read -r name leader; do getent -s hosts:mymachines ahosts "$name"; done';

function shell(text: string, input: string, { bus }: Target): Promise<string> {
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus.socket}` };
  return new Promise((resolve, reject) => {
    const child = execFile('sh', ['-ec', text], { env }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end(input);
  });
}

/** All addresses in a text, each once, in order: what is beside them is another with each program. */
function addresses(text: string): string {
  const found = text.match(/\b\d+\.\d+\.\d+\.\d+\b|\b[0-9a-f]{1,4}:[0-9a-f:]*:[0-9a-f]+\b/g) ?? [];
  return [...new Set(found)].sort().join(' ');
}

function utilLinux(): string {
  return execFileSync('nsenter', ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1) ?? '';
}
