import { goals, type Sizes } from '../plan.ts';
import type { Figure } from '../result.ts';
import type { Manner } from '../run-rows.ts';
import { newRuntimeDirectory, timeToReady } from '../targets/mymachines.ts';
import type { BusService } from '../targets/target.ts';
import { figure } from './figure.ts';

/** How long a daemon takes from its start to its word that it answers, with nothing to restore and with many machines. */
export async function readiness({
  projectRoot,
  bus,
  directory,
  sizes,
  manner,
  progress,
}: {
  readonly projectRoot: string;
  readonly bus: BusService;
  /** The runtime directory of a daemon that had many machines. */
  readonly directory: string;
  readonly sizes: Sizes;
  readonly manner: Manner;
  progress(text: string): void;
}): Promise<Figure[]> {
  progress('time to be ready');
  const none = { bus, runtimeDirectory: newRuntimeDirectory() };
  const many = { bus, runtimeDirectory: directory };
  const times: Record<'none' | 'many', { elapsed: number; processor: number }[]> = { none: [], many: [] };
  for (let round = 0; round < manner.rounds; round++) {
    times.none.push(await timeToReady(projectRoot, none));
    times.many.push(await timeToReady(projectRoot, many));
  }
  const elapsed = (which: 'none' | 'many') => times[which].map((time) => time.elapsed);
  const processor = (which: 'none' | 'many') => times[which].map((time) => time.processor);
  return [
    figure('ready after start, no machine', 'ms', elapsed('none'), goals.readyEmpty),
    figure('of which processor time', 'ms', processor('none')),
    figure(`ready after start, ${sizes.many} machines in the state directory`, 'ms', elapsed('many'), goals.readyMany),
    figure('of which processor time', 'ms', processor('many')),
  ];
}
