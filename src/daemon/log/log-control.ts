import type { LogControl } from '../../frontends/log-control/handlers.ts';
import type { Log } from './log.ts';

/** What callers may know of the log, and change. */
export function logControl(log: Log): LogControl {
  return {
    get logLevel() {
      return log.maximum;
    },
    set logLevel(level) {
      log.maximum = level;
    },
    logTarget: log.journal ? 'journal' : 'console',
    syslogIdentifier: 'mymachines',
  };
}
