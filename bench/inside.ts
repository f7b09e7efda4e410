import { cpus, release } from 'node:os';
import { projectRoot } from '../test/support/project-root.ts';
import { processorUse } from './busy.ts';
import { busCeilings, chooseGenerator, varlinkCeilings } from './ceiling.ts';
import { nativeGenerator, scriptGenerator } from './load/generator.ts';
import { Fleet } from './machines.ts';
import { type Options, parseOptions } from './options.ts';
import type { BenchResult, SystemSummary } from './result.ts';
import { runRows } from './run-rows.ts';
import { startSecondBus } from './targets/bus.ts';
import { startMymachines } from './targets/mymachines.ts';
import { startSystemdMachined } from './targets/systemd-machined.ts';
import { workloads as allWorkloads } from './workloads/index.ts';

// The part of the bench that runs in the lab, next to both services. It takes the options of main.ts and prints the
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
  const busyBefore = await processorUse();
  const generators = [scriptGenerator, nativeGenerator()].filter((generator) => generator !== undefined);
  progress('load generators: measuring how fast they are themselves');
  const secondBus = await startSecondBus();
  const ceilings = [
    ...(await varlinkCeilings(generators, options)),
    ...(await busCeilings(generators, secondBus, options)),
  ];
  const generator = chooseGenerator(generators, ceilings);
  const workloads = allWorkloads(generator).filter(({ name }) => name.includes(options.only));
  if (workloads.length === 0) throw new Error(`no workload has '${options.only}' in its name`);

  const reference = startSystemdMachined();
  const candidate = options.control ? reference : await startMymachines(projectRoot, secondBus);
  const contest = { reference, candidate, workloads, fleet: new Fleet(), options, progress };
  const { rows, disagreements } = await runRows(contest);
  return {
    date: new Date().toISOString(),
    system: describeSystem(Math.max(busyBefore, await processorUse())),
    reference: { name: reference.name, version: reference.version },
    candidate: { name: candidate.name, version: candidate.version },
    generator: { used: generator.name, ceilings },
    rounds: options.rounds,
    seconds: options.seconds,
    rows,
    disagreements,
  };
}

function describeSystem(busy: number): SystemSummary {
  const processors = cpus();
  const processor = processors[0]?.model ?? 'unknown processor';
  return { processor, processors: processors.length, kernel: release(), node: process.version, busy };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
