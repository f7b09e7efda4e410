import { raiseDescriptorLimit } from '../linux/limits.ts';
import { notify } from '../linux/notify.ts';
import { type DaemonOptions, startDaemon } from './daemon.ts';
import { describeError, Log } from './log/log.ts';
import { version } from './package-files.ts';

/** What `mymachines serve` was told. */
export interface RunOptions extends Omit<DaemonOptions, 'log'> {
  /** The highest level that is logged, as a syslog(3) number. */
  readonly level: number;
}

/**
 * Runs the daemon until it is told to stop by SIGTERM or SIGINT; the result is the exit status. The service manager is
 * told when it is ready and when it stops (sd_notify(3)).
 */
export async function runDaemon({ level, ...options }: RunOptions): Promise<number> {
  const journal = options.environment['JOURNAL_STREAM'] !== undefined;
  const log = new Log(level, (line) => process.stderr.write(line), journal);
  // Nobody may be reading any more, as when the journal is restarted: names are answered without a log.
  process.stderr.on('error', () => {});
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  raiseDescriptorLimit();
  const daemon = await startDaemon({ ...options, log });
  const failure = notify({ READY: 1, STATUS: 'Answering.' });
  log.info('ready', { version: version(), directory: options.paths.directory, machines: daemon.registry.size - 1 });
  if (failure) log.warning('cannot tell the service manager', { error: describeError(failure) });
  daemon.lookAround();
  const signal = await stopped;
  log.info('stopping', { signal });
  notify({ STOPPING: 1 });
  daemon.close();
  return 0;
}
