import { Filter } from '../../frontends/resolve-hook/filter.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import type { HoldUps } from '../../linux/hold-ups.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { HostNames } from '../../resolver/host-names.ts';
import type { Log } from '../log/log.ts';
import { resolveHookServer } from './servers.ts';
import { trySocketAccess } from './socket-access.ts';
import type { Sockets } from './sockets.ts';

/** What the hook is made of. */
export interface ResolveHookParts {
  readonly hostNames: HostNames;
  readonly metadata: Pick<MachineMetadata, 'refresh'>;
  readonly sockets: Sockets;
  /** Where systemd-resolved looks for it. */
  readonly path: string;
  readonly loop: EventLoop;
  readonly log: Log;
  readonly holdUps: HoldUps;
}

/** The hook while it is served. */
export interface ServedHook {
  /**
   * Tries whether systemd-resolved may connect, as the user of nobody, and tells where it may not: then it finds no name
   * at all. It takes a process, and so as long as the whole start of the daemon.
   */
  tryAccess(): void;
  close(): void;
}

/**
 * Answers systemd-resolved from now on. The socket is there for as long as it is answered and no longer:
 * systemd-resolved waits half a minute for a hook that does not answer, with every name of the host.
 * @throws Error of the file system, or that somebody is listening there
 */
export function serveResolveHook(parts: ResolveHookParts): ServedHook {
  const { hostNames, metadata, sockets, path, loop, log, holdUps } = parts;
  const filter = new Filter(hostNames);
  const server = resolveHookServer({ hostNames, filter, metadata }, { log, holdUps });
  sockets.serve(server, sockets.listen('hook', path));
  const trial = new AbortController();
  const tryAccess = (): void => {
    void trySocketAccess(loop, path, trial.signal).then((access) => {
      if (trial.signal.aborted || access.kind === 'allowed') return;
      const socket = path;
      if (access.kind === 'untried') {
        log.notice('cannot try whether systemd-resolved may connect', { socket, reason: access.reason });
      } else {
        const reason = access.code;
        log.err('systemd-resolved may not connect, and then resolves NO NAME AT ALL on this host', { socket, reason });
      }
    });
  };
  const close = (): void => {
    trial.abort();
    server.close();
    filter.close();
  };
  return { tryAccess, close };
}
