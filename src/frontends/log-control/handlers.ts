import { DBusError, ERROR_INVALID_ARGS, ERROR_NOT_SUPPORTED } from '../../dbus/errors.ts';
import { type ImplementedInterface, implement } from '../../dbus/objects/implement.ts';
import { formatLogLevel, parseLogLevel } from './level.ts';
import { description } from './org.freedesktop.LogControl1.ts';
import { isLogTarget } from './target.ts';

/** The object that has the interface, in every service that has it (org.freedesktop.LogControl1(5)). */
export const logControlPath = '/org/freedesktop/LogControl1';

/** What can be known of and done to the log of the running daemon. */
export interface LogControl {
  /** The highest level that is logged, as a syslog(3) number: 0 to 7. */
  logLevel: number;
  /** Where the log goes: standard error for people to read, or with priorities for the journal. */
  readonly logTarget: 'console' | 'journal';
  /** The name under which the journal has the daemon's lines. */
  readonly syslogIdentifier: string;
}

/** org.freedesktop.LogControl1 of a daemon. The target is chosen when it starts and cannot become another. */
export function logControlInterface(control: LogControl): ImplementedInterface {
  return implement(description, {
    properties: {
      LogLevel: {
        get: () => formatLogLevel(control.logLevel),
        set: (text) => {
          const level = parseLogLevel(text);
          if (level === undefined) throw invalidArguments(`Invalid log level '${text}'`);
          control.logLevel = level;
        },
      },
      LogTarget: {
        get: () => control.logTarget,
        set: (target) => {
          if (!isLogTarget(target)) throw invalidArguments(`Invalid log target '${target}'`);
          if (target === control.logTarget || target === 'auto') return;
          const text = `The log goes to '${control.logTarget}' and cannot be sent to '${target}' instead.`;
          throw new DBusError(ERROR_NOT_SUPPORTED, text);
        },
      },
      SyslogIdentifier: () => control.syslogIdentifier,
    },
    methods: {},
  });
}

function invalidArguments(text: string): DBusError {
  return new DBusError(ERROR_INVALID_ARGS, text);
}
