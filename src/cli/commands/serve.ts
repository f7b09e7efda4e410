import { type BusChoice, chooseBus } from '../../daemon/bus/bus-choice.ts';
import { runDaemon } from '../../daemon/run-daemon.ts';
import { parseLogLevel } from '../../frontends/log-control/level.ts';
import { besideService, machinedService, runtimePaths } from '../../machine/runtime-directory.ts';
import type { Arguments } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { chosenDns, DNS_SYNOPSIS, dnsOptions } from '../dns-options.ts';
import { UsageError } from '../failures.ts';
import { chosenDirectory } from '../runtime-option.ts';
import { chosenSources, sourceOption } from '../source-option.ts';

/** `mymachines serve`: the daemon. */
export const serve: Command = {
  synopsis:
    '[--source=machine1|embedded]… [--runtime-dir=DIR] [--bus=system|session|none|ADDRESS] [--leases=FILE …] ' +
    '[--log-level=LEVEL] [--own-names] [--enumerate] [--busy-poll=TIME] ' +
    DNS_SYNOPSIS,
  summary: 'Keeps the registry and answers for it, until SIGTERM or SIGINT.',
  options: {
    'runtime-dir': { type: 'string' },
    ...sourceOption,
    bus: { type: 'string' },
    leases: { type: 'string', multiple: true },
    'log-level': { type: 'string' },
    'own-names': { type: 'boolean' },
    enumerate: { type: 'boolean' },
    'busy-poll': { type: 'string' },
    ...dnsOptions,
  },
  operands: [0, 0],
  run({ values }, context) {
    const asked = String(values['log-level'] ?? 'info');
    const level = parseLogLevel(asked);
    if (level === undefined)
      throw new UsageError(`--log-level= takes err, warning, notice, info, debug or 0 to 7, not '${asked}'`);
    const sources = chosenSources(values) ?? ['embedded'];
    const service = sources.includes('machine1') ? besideService : machinedService;
    return runDaemon({
      paths: runtimePaths(chosenDirectory(values, context), service),
      sources,
      bus: chosenBus(values, context),
      dns: chosenDns(values),
      ownNames: values['own-names'] === true,
      enumerate: values['enumerate'] === true,
      leases: chosenLeases(values),
      busyPoll: chosenBusyPoll(values),
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

/** @throws UsageError for a path that depends on where the daemon was started from */
function chosenLeases({ leases }: Arguments['values']): readonly string[] {
  const paths = Array.isArray(leases) ? leases.map(String) : [];
  const wrong = paths.find((path) => !path.startsWith('/') || path.endsWith('/') || path.includes('\0'));
  if (wrong !== undefined) throw new UsageError(`--leases= takes the absolute path of a file, not '${wrong}'`);
  return paths;
}

/** In milliseconds. @throws UsageError for what is no such time, or one that is too long to be awake for each question */
function chosenBusyPoll({ 'busy-poll': given }: Arguments['values']): number {
  const asked = String(given ?? 0);
  const [, digits, unit] = /^(\d{1,4})(us|ms)$/.exec(asked) ?? [];
  const milliseconds = asked === '0' ? 0 : Number(digits) / (unit === 'us' ? 1000 : 1);
  if (milliseconds <= LONGEST_BUSY_POLL) return milliseconds;
  throw new UsageError(`--busy-poll= takes 0 to 10ms, as in 50us, not '${asked}'`);
}

/** Milliseconds. */
const LONGEST_BUSY_POLL = 10;
