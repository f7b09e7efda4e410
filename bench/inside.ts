import { projectRoot } from '../test/support/project-root.ts';
import { busCeilings, chooseGenerator, varlinkCeilings } from './ceiling.ts';
import { nativeGenerator, scriptGenerator } from './load/generator.ts';
import { Fleet } from './machines.ts';
import { isWanted, type Options, parseOptions } from './options.ts';
import { grid, plan } from './plan.ts';
import { Registrar } from './registrar.ts';
import type { BenchResult, Findings } from './result.ts';
import { busyPollRow } from './rows/busy-poll.ts';
import { manyMachines } from './rows/many.ts';
import { scriptRow } from './rows/script.ts';
import { underChangesRow } from './rows/under-changes.ts';
import { underCopiesRow } from './rows/under-copies.ts';
import { runRows, together } from './run-rows.ts';
import { describeSystem } from './system.ts';
import { startSecondBus } from './targets/bus.ts';
import { startMymachines } from './targets/mymachines.ts';
import { startSystemdMachined } from './targets/systemd-machined.ts';
import { workloads as allWorkloads } from './workloads/index.ts';

// The part of the bench that runs in the lab, next to systemd-machined. It takes the options of main.ts and prints the
// whole result as JSON; what it is doing goes to standard error.

const options = parseOptions(process.argv.slice(2));
if (options !== undefined) {
  run(options).then(
    (result) => process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit()),
    (error: Error) => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    },
  );
}

async function run(options: Options): Promise<BenchResult> {
  progress('looking whether the machine is quiet');
  const before = await describeSystem();
  const generators = [scriptGenerator, nativeGenerator()].filter((generator) => generator !== undefined);
  progress('load generators: measuring how fast they are themselves');
  const bus = await startSecondBus();
  const measurements = { connections: options.grid?.connections ?? [1, 4, 16], seconds: options.seconds };
  const ceilings = [
    ...(await varlinkCeilings(generators, measurements)),
    ...(await busCeilings(generators, bus, measurements)),
  ];
  const generator = chooseGenerator(generators, ceilings);

  const reference = startSystemdMachined();
  const candidate = options.control ? reference : await startMymachines(projectRoot, { bus });
  const contest = { reference, candidate, manner: options, progress };
  const workloads = allWorkloads(generator).filter(({ name }) => name.includes(options.only));
  const { few, thousand } = options.sizes;
  const planned = options.grid
    ? grid(
        workloads.map(({ name }) => name),
        options.grid.machines,
        options.grid.connections,
      )
    : plan(options.sizes);
  const [fleet, registrar] = [new Fleet(), new Registrar(reference, candidate)];
  const rows = (some: typeof planned) => runRows({ ...contest, workloads, planned: some, fleet, registrar });
  const grow = async (count: number) => registrar.register(await fleet.grow(count));
  const found: Findings[] = [];

  found.push(await rows(planned.filter(({ machines }) => machines <= few)));
  if (isWanted(options, 'userdb by uid, busy-poll')) {
    await grow(few);
    found.push(await busyPollRow(contest, { projectRoot, generator, machines: fleet.machines }));
  }
  found.push(await rows(planned.filter(({ machines }) => machines > few)));
  const [script, changes] = [isWanted(options, 'script'), isWanted(options, 'changes')];
  if (script || changes) await grow(thousand);
  if (isWanted(options, 'copies')) {
    await grow(few);
    found.push(await underCopiesRow(contest, { generator, fleet, mebibytes: options.mebibytes }));
  }
  if (script) found.push(await scriptRow(contest, fleet.machines));
  if (changes) found.push(await underChangesRow(contest, { generator, fleet }));
  found.push({ rows: [], figures: registrar.figures, disagreements: [] });
  if (isWanted(options, 'many')) found.push(await manyMachines(contest, { ...options, projectRoot, generator }));

  const after = await describeSystem();
  return {
    date: new Date().toISOString(),
    system: { ...before, busy: Math.max(before.busy, after.busy) },
    programs: [reference, candidate].map(({ name, version }) => ({ name, version })),
    generator: { used: generator.name, ceilings },
    rounds: options.rounds,
    seconds: options.seconds,
    ...together(found),
  };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
