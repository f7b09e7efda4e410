import { decide } from '../../machine/privilege.ts';
import {
  type Call,
  type Implementation,
  implementLater,
  invalidParameter,
  permissionDenied,
  VarlinkError,
} from '../../varlink/index.ts';
import { description } from './io.systemd.service.ts';

/** What can be asked of and done to the running daemon itself. */
export interface ServiceControl {
  readonly log: {
    /** The highest level that is logged, as a syslog(3) number. */
    logLevel: number;
  };
  readonly environment: NodeJS.ProcessEnv;
  /** The user that the daemon runs as. */
  readonly uid: number;
}

/** io.systemd.service of a daemon. */
export function serviceInterface(control: ServiceControl): Implementation {
  return implementLater(description, {
    Ping: () => ({}),
    GetLogLevel: () => ({ level: control.log.logLevel }),
    SetLogLevel: (parameters, call) => {
      const { level } = parameters;
      if (typeof level === 'number' && !(level >= 0 && level <= 7)) return invalidParameter('level');
      // systemd 262 gives the caller its parameters back here, and here only.
      if (!mayControl(call)) return new VarlinkError('org.varlink.service.PermissionDenied', { ...parameters });
      if (typeof level === 'number') control.log.logLevel = level;
      return {};
    },
    GetEnvironment: (_parameters, call) => {
      if (!mayControl(call)) return permissionDenied();
      return { environment: Object.entries(control.environment).map(([name, value]) => `${name}=${value}`) };
    },
  });

  function mayControl({ peer }: Call): boolean {
    return peer.uid !== undefined && decide('control-daemon', peer.uid, control.uid, undefined) === 'allow';
  }
}
