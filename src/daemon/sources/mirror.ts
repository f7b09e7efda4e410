import type { EventLoop } from '../../linux/event-loop.ts';
import { connectUnix } from '../../linux/unix-connect.ts';
import type { SourceHealth } from '../../machine/machine-source.ts';
import type { Registry } from '../../machine/registry.ts';
import { machinedService, type RuntimePaths, runtimePaths } from '../../machine/runtime-directory.ts';
import { Machine1Source } from '../../sources/machine1/machine1-source.ts';
import type { BusChoice } from '../bus/bus-choice.ts';
import type { Log } from '../log/log.ts';

/** Where systemd-machined is looked for. */
export interface MirrorParts {
  readonly loop: EventLoop;
  readonly registry: Registry;
  /** Absent: it is asked at its socket only. */
  readonly bus: BusChoice | undefined;
  /** Its sockets and state files are below the same directory as ours. */
  readonly paths: Pick<RuntimePaths, 'directory'>;
  readonly uid: number;
  readonly log: Log;
  readonly onProblem: (error: Error) => void;
}

/** The machines of systemd-machined, which may come later, and be another one's that has its place. */
export function openMirror({ bus, paths, log, ...parts }: MirrorParts): Promise<Machine1Source> {
  const machined = runtimePaths(paths.directory, machinedService);
  return Machine1Source.start({
    ...parts,
    ...(bus && {
      bus: {
        addresses: bus.addresses,
        connect: (address) => connectUnix(parts.loop, address, { passDescriptors: true }),
      },
    }),
    socket: machined.machineSocket,
    states: machined.states,
    onHealth: (health) => tell(health, log),
  });
}

function tell(health: SourceHealth, log: Log): void {
  switch (health.state) {
    case 'live':
      log.info('following systemd-machined');
      break;
    case 'stale':
      log.notice('systemd-machined cannot be followed; its machines stay as they were', { reason: health.reason });
      break;
    case 'absent':
      log.notice('waiting for systemd-machined', { reason: health.reason });
      break;
  }
}
