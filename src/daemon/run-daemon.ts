import { raiseDescriptorLimit } from '../linux/limits.ts';
import { Notifier, notify } from '../linux/notify.ts';
import { CloseList } from './close-list.ts';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';
import { describeError, Log } from './log/log.ts';
import { version } from './package-files.ts';
import { startWatchdog, watchdogTime } from './watchdog/watchdog.ts';

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
  const closing = new CloseList();
  closing.add(() => daemon.close());
  try {
    const failure = notify({ READY: 1, STATUS: 'Answering.' });
    log.info('ready', { version: version(), directory: options.paths.directory, machines: daemon.registry.size - 1 });
    if (failure) log.warning('cannot tell the service manager', { error: describeError(failure) });
    daemon.lookAround();
    closing.add(watch(daemon, options.environment, log));
    // What is of use only later is not loaded before.
    const { ProcessMemory } = await import('./process-memory.ts');
    const memory = new ProcessMemory();
    closing.add(() => memory.close());
    log.info('stopping', { signal: await stopped });
    return 0;
  } finally {
    // Also when one of these failed, as for want of a descriptor: a daemon that nobody could stop would go on.
    notify({ STOPPING: 1 });
    closing.close();
  }
}

/** Starts the watchdog where the service manager wants one; returns what ends it. */
function watch({ lookups }: Daemon, environment: NodeJS.ProcessEnv, log: Log): () => void {
  const time = watchdogTime(environment, process.pid);
  const address = environment['NOTIFY_SOCKET'];
  if (time === undefined || address === undefined || address === '') return () => {};
  const manager = new Notifier(address);
  const stop = startWatchdog({ time, lookups, feed: () => manager.tell({ WATCHDOG: 1 }), log });
  return () => {
    stop();
    manager.close();
  };
}
