import { type Fleet, register } from './machines.ts';
import { measure } from './measure.ts';
import type { Options } from './options.ts';
import type { BenchResult, Row } from './result.ts';
import { raiseDescriptorLimit, SHIPPED_LIMIT } from './targets/systemd-machined.ts';
import type { Target } from './targets/target.ts';
import type { PreparedWorkload, Workload } from './workloads/workload.ts';

/** What is compared, and with what. */
export interface Contest {
  readonly reference: Target;
  readonly candidate: Target;
  readonly workloads: readonly Workload[];
  readonly fleet: Pick<Fleet, 'machines' | 'grow'>;
  readonly options: Options;
  /** Told what is about to be done. */
  progress(text: string): void;
}

/** Makes the rows of the table: every workload with every number of machines and connections. */
export async function runRows(contest: Contest): Promise<Pick<BenchResult, 'rows' | 'disagreements'>> {
  const rows: Row[] = [];
  const disagreements: BenchResult['disagreements'][number][] = [];
  for (const machines of contest.options.machines) {
    contest.progress(`${machines} machines: starting and registering`);
    const note = await growTo(contest, machines);
    for (const workload of contest.workloads) {
      const place = { workload: workload.name, protocol: workload.protocol, machines, ...(note && { note }) };
      const prepared = workload.prepare(contest.fleet.machines);
      const differences = await prepared.compare(contest.reference, contest.candidate);
      if (differences.length > 0) disagreements.push({ workload: workload.name, machines, differences });
      for (const connections of contest.options.connections) {
        contest.progress(`${machines} machines: ${workload.name}, ${connections} connections`);
        const outcome =
          differences.length > 0 ? { refused: 'answers differ' } : await row(contest, prepared, connections);
        rows.push({ ...place, connections, ...outcome });
      }
    }
  }
  return { rows, disagreements };
}

/** Starts machines up to a number and registers the new ones everywhere. Gives what a reader must know of it. */
async function growTo({ reference, candidate, fleet }: Contest, machines: number): Promise<string | undefined> {
  if (machines > SHIPPED_LIMIT) raiseDescriptorLimit(reference);
  const added = await fleet.grow(machines);
  for (const { runtimeDirectory } of new Set([reference, candidate])) {
    await register(`${runtimeDirectory}/machine/io.systemd.Machine`, added);
  }
  return machines > SHIPPED_LIMIT ? `descriptor limit of ${reference.name} raised` : undefined;
}

async function row({ reference, candidate, options }: Contest, prepared: PreparedWorkload, connections: number) {
  const { rounds, warmUp, seconds } = options;
  const measured = await measure(prepared, reference, candidate, rounds, { connections, warmUp, seconds });
  const { ratio, firstError, ...sides } = measured;
  return { ...sides, ...(firstError === undefined ? { ratio } : { refused: `an error was answered: ${firstError}` }) };
}
