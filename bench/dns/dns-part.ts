import { spawnSync } from 'node:child_process';
import { containersUnavailable } from '../../test/support/namespaces.ts';
import { requirePrograms } from '../../test/support/programs.ts';
import { buildLeaders } from '../leaders/leaders.ts';
import type { Findings, Program } from '../result.ts';
import { type DnsManner, dnsRows } from './contest.ts';
import { DnsServers } from './servers.ts';

/**
 * The whole part with DNS: it runs on this machine itself, for the lab has neither dnsmasq nor dnsperf. What it starts
 * ends with this process.
 * @throws Error saying why it cannot be measured
 */
export async function measureDns(
  projectRoot: string,
  manner: DnsManner,
): Promise<Findings & { readonly programs: readonly Program[] }> {
  const reason = containersUnavailable();
  if (reason !== undefined) throw new Error(`DNS cannot be measured here: ${reason}`);
  requirePrograms(
    { dnsperf: 'dnsperf', dnsmasq: 'dnsmasq-base', ss: 'iproute2', cc: 'build-essential' },
    manner.progress,
  );
  if (!buildLeaders(projectRoot)) throw new Error('there is no C compiler (cc), for processes to register as VMs');
  const servers = await DnsServers.start(projectRoot);
  const programs = [servers.candidate, servers.reference].map(({ name, version }) => ({ name, version }));
  return {
    ...(await dnsRows(servers, manner)),
    programs: [...programs, { name: 'dnsperf', version: dnsperfVersion() }],
  };
}

// It tells with whatever it is asked, and fails here, for nothing is asked.
function dnsperfVersion(): string {
  const { stdout } = spawnSync('dnsperf', ['-d', '/dev/null', '-l', '1'], { encoding: 'utf8' });
  return /^Version (\S+)$/m.exec(stdout)?.[1] ?? '';
}
