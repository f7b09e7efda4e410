import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { decode, encode } from 'dns-packet';
import { type Spread, spread } from '../statistics.ts';
import { processorTime } from '../targets/target.ts';
import type { DnsServer, DnsServers } from './servers.ts';

/** One line of the table. */
export interface DnsRow {
  readonly workload: string;
  /** Queries that are on their way at a time. */
  readonly outstanding: number;
  readonly reference: DnsSide;
  readonly candidate: DnsSide;
  /** Candidate's rate by reference's rate, round by round. */
  readonly ratio: Spread;
}

/** What one server did in all rounds. */
export interface DnsSide {
  readonly name: string;
  readonly version: string;
  /** Answers a second. */
  readonly rate: Spread;
  /** Of its processor time, for one answer, in microseconds. */
  readonly processorTime: Spread;
  /** Queries without an answer, in all rounds. */
  readonly lost: number;
}

interface Sample {
  readonly rate: number;
  readonly lost: number;
  readonly processorTime: number;
}

/** Asks both for each name and type and gives what differs. */
export async function compareServers({ reference, candidate, names }: DnsServers): Promise<readonly string[]> {
  const questions = names.flatMap(({ name }) => [`${name} A`, `${name} AAAA`]).concat(`nobody.${names[0]?.name} A`);
  const [theirs, ours] = [await askAll(reference, questions), await askAll(candidate, questions)];
  return questions.flatMap((question, index) =>
    theirs[index] === ours[index]
      ? []
      : [`${question}: ${reference.name} ${theirs[index]}, ${candidate.name} ${ours[index]}`],
  );
}

/** Measures in turn, never both at once; which one begins changes with every round. */
export async function contest(
  servers: DnsServers,
  { rounds, seconds, progress }: { rounds: number; seconds: number; progress(text: string): void },
): Promise<readonly DnsRow[]> {
  const { reference, candidate, names, directory } = servers;
  const rows: DnsRow[] = [];
  for (const { workload, types } of WORKLOADS) {
    const file = `${directory}/queries`;
    writeFileSync(file, names.flatMap(({ name }) => types.map((type) => `${name} ${type}\n`)).join(''));
    for (const outstanding of [100, 1000]) {
      const samples: Record<string, Sample[]> = { [reference.name]: [], [candidate.name]: [] };
      for (let round = 0; round < rounds; round++) {
        progress(`${workload}, ${outstanding} outstanding, round ${round + 1} of ${rounds}`);
        const turns = round % 2 === 0 ? [reference, candidate] : [candidate, reference];
        for (const server of turns) samples[server.name]?.push(await load(server, file, outstanding, seconds));
      }
      const [theirs = [], ours = []] = [samples[reference.name], samples[candidate.name]];
      const ratio = spread(ours.map(({ rate }, round) => rate / (theirs[round] as Sample).rate));
      rows.push({ workload, outstanding, reference: side(reference, theirs), candidate: side(candidate, ours), ratio });
    }
  }
  return rows;
}

const WORKLOADS = [
  { workload: 'A', types: ['A'] },
  { workload: 'A and AAAA', types: ['A', 'AAAA'] },
] as const;

/** Sockets that dnsperf asks from. */
const SOCKETS = '4';

async function load(server: DnsServer, file: string, outstanding: number, seconds: number): Promise<Sample> {
  const before = processorTime(server.pid);
  const where = ['-s', server.address, '-p', `${server.port}`, '-d', file];
  const { stdout } = await run('dnsperf', [...where, '-c', SOCKETS, '-q', `${outstanding}`, '-l', `${seconds}`]);
  const figure = (label: string) => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(stdout)?.[1] ?? Number.NaN);
  const completed = figure('Queries completed');
  const noError = Number(/NOERROR (\d+)/.exec(stdout)?.[1] ?? 0);
  if (!(completed > 0) || noError !== completed) throw new Error(`${server.name} did not answer:\n${stdout}`);
  const used = processorTime(server.pid) - before;
  return { rate: figure('Queries per second'), lost: figure('Queries lost'), processorTime: used / completed };
}

function side({ name, version }: DnsServer, samples: readonly Sample[]): DnsSide {
  return {
    name,
    version,
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
