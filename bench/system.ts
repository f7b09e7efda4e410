import { cpus, release } from 'node:os';
import { settledProcessorUse } from './busy.ts';
import type { SystemSummary } from './result.ts';

/** The machine this runs on; `busy` is what share of its processors' time is in use now, over a second. */
export async function describeSystem(): Promise<SystemSummary> {
  const processors = cpus();
  const processor = processors[0]?.model ?? 'unknown processor';
  return {
    processor,
    processors: processors.length,
    kernel: release(),
    node: process.version,
    busy: await settledProcessorUse(),
  };
}
