import { type BusChoice, chooseBus } from '../../daemon/bus-choice.ts';
import { parseLogLevel } from '../../daemon/log.ts';
import { runDaemon } from '../../daemon/run-daemon.ts';
import type { Arguments } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { chosenDns, DNS_SYNOPSIS, dnsOptions } from '../dns-options.ts';
import { UsageError } from '../failures.ts';
import { chosenPaths } from '../runtime-option.ts';

/** `mymachines serve`: the daemon. */
export const serve: Command = {
  synopsis: `[--runtime-dir=DIR] [--bus=system|session|none|ADDRESS] [--log-level=LEVEL] [--own-names] ${DNS_SYNOPSIS}`,
  summary: 'Keeps the registry and answers for it, until SIGTERM or SIGINT.',
  options: {
    'runtime-dir': { type: 'string' },
    bus: { type: 'string' },
    'log-level': { type: 'string' },
    'own-names': { type: 'boolean' },
    ...dnsOptions,
  },
  operands: [0, 0],
  run({ values }, context) {
    const asked = String(values['log-level'] ?? 'info');
    const level = parseLogLevel(asked);
    if (level === undefined)
      throw new UsageError(`--log-level= takes err, warning, notice, info, debug or 0 to 7, not '${asked}'`);
    return runDaemon({
      paths: chosenPaths(values, context),
      bus: chosenBus(values, context),
      dns: chosenDns(values),
      ownNames: values['own-names'] === true,
      uid: context.uid,
      level,
      environment: context.environment,
    });
  },
};

/** @throws UsageError for what is no bus */
function chosenBus(values: Arguments['values'], { uid, environment }: Context): BusChoice | undefined {
  const { bus, 'runtime-dir': directory } = values;
  try {
    const apart = typeof directory === 'string' && directory !== '';
    return chooseBus(typeof bus === 'string' ? bus : undefined, { uid, environment, apart });
  } catch (error) {
    throw new UsageError(`--bus=${bus}: ${(error as Error).message}`);
  }
}
