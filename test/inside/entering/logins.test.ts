import { closeSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Entering } from '../../../src/inside/entering/entering.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';
import { BareContainer, bareContainersUnavailable } from '../../support/bare-container.ts';
import { enteringProgram } from '../../support/build.ts';
import { Screen } from './screen.ts';

const unavailable = bareContainersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const loop = new EventLoop();
let entering: Entering;
let container: BareContainer;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  entering = new Entering({ path: enteringProgram, loop });
  container = await BareContainer.start({ base: 0x51000000, files: { 'etc/passwd': 'root:x:0:0::/:/bin/sh\n' } });
});
afterAll(async () => {
  entering?.close();
  await container?.stop();
  loop.close();
});

it.skipIf(unavailable !== undefined)(
  'a login that ends at once comes again after a while, until nobody is there',
  async () => {
    const screen = new Screen(container.leader);
    // Between two of them nobody else has this side of the terminal, which this one's reader would take for its end.
    const held = screen.openPeer();
    const ended = new Promise<unknown>((resolve, reject) => {
      const parts = { openPeer: screen.openPeer, onEnd: resolve };
      entering.startLogin(ledBy(container.leader), parts).catch(reject);
    });
    const times: number[] = [];
    // There are no rules for PAM, which it says.
    for (let count = 0; count < 2; count++) {
      await Promise.race([screen.until(/PAM.*\r\n/), ended]);
      times.push(performance.now());
    }
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThan(700);
    closeSync(held);
    screen.close();
    expect(typeof (await ended)).toBe('number');
  },
);
