import { expect, it } from 'vitest';
import { trySocketAccess } from '../../../src/daemon/sockets/socket-access.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { childrenOf } from '../../support/child-processes.ts';

// What comes of it where there is a process is in test/daemon/resolve-hook.test.ts.
it('is untried, and says why, where there is no process to try it', async () => {
  const loop = new EventLoop();
  loop.close();
  const access = await trySocketAccess(loop, '/run/nothing', new AbortController().signal);
  expect(access).toEqual({ kind: 'untried', reason: 'the event loop is closed' });
  expect(childrenOf(process.pid)).toEqual([]);
});
