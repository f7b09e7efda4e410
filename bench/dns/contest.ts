import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { decode, encode } from 'dns-packet';
import { type Difference, differences } from '../answers.ts';
import { judge } from '../goal.ts';
import { goals } from '../plan.ts';
import type { Findings, Row, Side } from '../result.ts';
import type { Manner } from '../run-rows.ts';
import { type Spread, spread } from '../statistics.ts';
import { processorTime } from '../targets/process-figures.ts';
import type { DnsServer, DnsServers } from './servers.ts';

interface Sample {
  readonly rate: number;
  readonly lost: number;
  readonly processorTime: number;
}

/** How it is measured. */
export interface DnsManner extends Omit<Manner, 'warmUp'> {
  /** Numbers of names. */
  readonly names: readonly number[];
  progress(text: string): void;
}

/** The rows against dnsmasq, by rising numbers of names. */
export async function dnsRows(servers: DnsServers, manner: DnsManner): Promise<Findings> {
  const rows: Row[] = [];
  const disagreements: Findings['disagreements'][number][] = [];
  for (const count of [...manner.names].sort((a, b) => a - b)) {
    manner.progress(`DNS, ${count} names: starting and registering`);
    await servers.grow(count);
    const differing = await compareServers(servers);
    const against = servers.reference.name;
    if (differing.length > 0) {
      disagreements.push({ workload: WORKLOAD, against, machines: count, differences: differing });
    }
    for (const outstanding of OUTSTANDING) {
      const place = {
        workload: WORKLOAD,
        protocol: 'dns',
        machines: count,
        connections: outstanding,
        against,
      } as const;
      if (differing.length === 0) rows.push({ ...place, ...(await contest(servers, outstanding, manner)) });
      else rows.push({ ...place, refused: 'answers differ', goals: goals.dns.map((goal) => judge(goal, undefined)) });
    }
  }
  return { rows, figures: [], disagreements };
}

/** Asks both for the first and the last names and gives what differs. */
async function compareServers({ reference, candidate, names }: DnsServers): Promise<readonly Difference[]> {
  const some = [...names.slice(0, COMPARED), ...names.slice(-COMPARED)];
  const questions = some.flatMap(({ name }) => [`${name} A`, `${name} AAAA`]).concat(`nobody.${names[0]?.name} A`);
  return differences(questions, await askAll(reference, questions), await askAll(candidate, questions));
}

/** Measures in turn, never both at once; which one begins changes with every round. */
async function contest(
  { reference, candidate, names, directory }: DnsServers,
  outstanding: number,
  { rounds, seconds, progress }: DnsManner,
): Promise<{
  readonly reference: Side;
  readonly candidate: Side;
  readonly ratio: Spread;
  readonly goals: Row['goals'];
}> {
  const file = `${directory}/queries`;
  writeFileSync(file, names.map(({ name }) => `${name} A\n`).join(''));
  const theirs: Sample[] = [];
  const ours: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`DNS, ${names.length} names, ${outstanding} at a time, round ${round + 1} of ${rounds}`);
    const turns: [DnsServer, Sample[]][] = [
      [reference, theirs],
      [candidate, ours],
    ];
    if (round % 2 === 1) turns.reverse();
    for (const [server, samples] of turns) samples.push(await load(server, file, outstanding, seconds));
  }
  const ratio = (figure: (sample: Sample) => number) =>
    spread(ours.map((sample, round) => figure(sample) / figure(theirs[round] as Sample)));
  const rates = ratio(({ rate }) => rate);
  const [rate, processor, lost] = goals.dns;
  return {
    reference: side(theirs),
    candidate: side(ours),
    ratio: rates,
    goals: [
      judge(rate, rates.median),
      judge(processor, ratio((sample) => sample.processorTime).median),
      judge(
        lost,
        ours.reduce((sum, sample) => sum + sample.lost, 0),
      ),
    ],
  };
}

const WORKLOAD = 'DNS A over UDP';
const OUTSTANDING = [100, 1000];
/** Sockets that dnsperf asks from. */
const SOCKETS = '4';
/**
 * Kilobytes that each of these may hold, as far as the kernel allows (net.core.rmem_max, 208 where nobody raised it). With
 * what sockets have by themselves, 277 small responses, it is dnsperf that loses some: it has 1,000 questions under way,
 * not the same number from each socket.
 */
const SOCKET_BUFFER = '1024';
const COMPARED = 200;

async function load(server: DnsServer, file: string, outstanding: number, seconds: number): Promise<Sample> {
  const before = processorTime(server.pid);
  const where = ['-s', server.address, '-p', `${server.port}`, '-d', file];
  const how = ['-c', SOCKETS, '-q', `${outstanding}`, '-l', `${seconds}`, '-b', SOCKET_BUFFER];
  const { stdout } = await run('dnsperf', [...where, ...how]);
  const figure = (label: string) => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(stdout)?.[1] ?? Number.NaN);
  const completed = figure('Queries completed');
  const noError = Number(/NOERROR (\d+)/.exec(stdout)?.[1] ?? 0);
  if (!(completed > 0) || noError !== completed) throw new Error(`${server.name} did not answer:\n${stdout}`);
  const used = processorTime(server.pid) - before;
  return { rate: figure('Queries per second'), lost: figure('Queries lost'), processorTime: used / completed };
}

function side(samples: readonly Sample[]): Side {
  return {
    rate: spread(samples.map(({ rate }) => rate)),
    processorTime: spread(samples.map((sample) => sample.processorTime)),
    lost: samples.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** Codes and addresses, as text, in the order of the questions; one after the other. */
async function askAll({ address, port }: DnsServer, questions: readonly string[]): Promise<readonly string[]> {
  const socket = createSocket('udp4');
  try {
    const answers: string[] = [];
    for (const question of questions) {
      const [name = '', type = ''] = question.split(' ');
      socket.send(
        encode({ type: 'query', id: 1, flags: 0x100, questions: [{ name, type: type as 'A' }] }),
        port,
        address,
      );
      const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer];
      const data = (decode(message).answers ?? []).map((record) => ('data' in record ? String(record.data) : ''));
      answers.push(`${(message[3] as number) & 15} ${data.sort().join()}`);
    }
    return answers;
  } finally {
    socket.close();
  }
}

const run = promisify(execFile);
