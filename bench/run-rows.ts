import { judge } from './goal.ts';
import type { Fleet } from './machines.ts';
import { measure } from './measure.ts';
import type { PlannedRow } from './plan.ts';
import type { Registrar } from './registrar.ts';
import type { Disagreement, Findings, Row } from './result.ts';
import type { Target } from './targets/target.ts';
import type { PreparedWorkload, Workload, WorkloadRun } from './workloads/workload.ts';

/** How each pair of measurements is made. */
export interface Manner {
  readonly rounds: number;
  readonly warmUp: number;
  readonly seconds: number;
}

/** What is compared, and with what. */
export interface Contest {
  readonly reference: Target;
  readonly candidate: Target;
  readonly manner: Manner;
  /** Told what is about to be done. */
  progress(text: string): void;
}

/** The rows of the plan, and what they are about. */
export interface PlannedContest extends Contest {
  readonly workloads: readonly Workload[];
  readonly planned: readonly PlannedRow[];
  readonly fleet: Pick<Fleet, 'machines' | 'grow'>;
  readonly registrar: Pick<Registrar, 'register' | 'note'>;
}

/** Makes the rows of the plan, by rising numbers of machines: machines are only ever added. */
export async function runRows(contest: PlannedContest): Promise<Findings> {
  const { workloads, fleet, registrar } = contest;
  const planned = contest.planned.filter((row) => workloads.some(({ name }) => name === row.workload));
  const all: Findings[] = [];
  for (const machines of [...new Set(planned.map((row) => row.machines))].sort((a, b) => a - b)) {
    contest.progress(`${machines} machines: starting and registering`);
    await registrar.register(await fleet.grow(machines));
    const { note } = registrar;
    for (const workload of workloads) {
      const rows = planned.filter((row) => row.machines === machines && row.workload === workload.name);
      if (rows.length === 0) continue;
      const found = await measureRows(contest, workload, workload.prepare(fleet.machines), rows);
      all.push({ ...found, rows: found.rows.map((row) => ({ ...row, ...(note && { note }) })) });
    }
  }
  return together(all);
}

/** Measures one workload with each of these numbers of connections, if both sides answer alike. */
export async function measureRows(
  { reference, candidate, manner, progress }: Contest,
  { name: workload, protocol, ratioOf }: Pick<Workload, 'name' | 'protocol' | 'ratioOf'>,
  prepared: PreparedWorkload,
  planned: readonly Pick<PlannedRow, 'machines' | 'connections' | 'goals'>[],
): Promise<Findings> {
  const rows: Row[] = [];
  const disagreements: Disagreement[] = [];
  const against = reference.name;
  const differences = await prepared.compare(reference, candidate);
  for (const { machines, connections, goals } of planned) {
    const place = { workload, protocol, machines, connections, against, ...(ratioOf && { ratioOf }) };
    if (differences.length > 0) {
      if (disagreements.length === 0) disagreements.push({ workload, against, machines, differences });
      rows.push({ ...place, refused: 'answers differ', goals: goals.map((goal) => judge(goal, undefined)) });
      continue;
    }
    progress(`${workload}, ${machines} machines, ${connections} at a time, against ${against}`);
    const load = { connections, warmUp: manner.warmUp, seconds: manner.seconds, ratioOf };
    const measured = await measure(prepared, reference, candidate, manner.rounds, load);
    const { ratio, firstError, ...sides } = measured;
    const ceiling = await ceilingOf(prepared, reference, manner.rounds, load);
    const bad = firstError !== undefined;
    rows.push({
      ...place,
      ...sides,
      ...(ceiling !== undefined && { ceiling }),
      ...(bad ? { refused: `an error was answered: ${firstError}` } : { ratio }),
      goals: goals.map((goal) => judge(goal, bad ? undefined : ratio.median)),
    });
  }
  return { rows, figures: [], disagreements };
}

/** The best of all rounds: whatever else the machine does can only make it less. */
async function ceilingOf(
  { ceiling }: PreparedWorkload,
  reference: Target,
  rounds: number,
  load: WorkloadRun,
): Promise<number | undefined> {
  if (ceiling === undefined) return undefined;
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    const { calls, seconds } = await ceiling(reference, load);
    most = Math.max(most, calls / seconds);
  }
  return most;
}

/** What several parts have found, one after the other. */
export function together(parts: readonly Findings[]): Findings {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    figures: parts.flatMap(({ figures }) => figures),
    disagreements: parts.flatMap(({ disagreements }) => disagreements),
  };
}
