import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VarlinkFeed } from '../../../src/sources/machine1/varlink-feed.ts';
import { OverVarlink } from './over-varlink.ts';
import { pause } from './scene.ts';

describe('VarlinkFeed, telling of many machines', () => {
  let place: { readonly directory: string; readonly socket: string; readonly stateFiles: string };
  let machined: OverVarlink;
  let feed: VarlinkFeed;
  let events: string[];
  const silent = (): void => {};

  beforeEach(async () => {
    events = [];
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-feed-'));
    place = { directory, socket: join(directory, 'socket'), stateFiles: join(directory, 'machines') };
    machined = new OverVarlink(place);
    await machined.start();
    for (let index = 0; index < 50; index++) machined.add(`m${index}`, 1);
  });
  afterEach(() => {
    feed.close();
    machined.stop();
    rmSync(place.directory, { recursive: true });
  });
  const follow = (): void => {
    const told = (): void => {
      events.push('told');
      // As long as it may take to look at a new one.
      for (const end = performance.now() + 1; performance.now() < end; );
    };
    const [current, lost] = [() => void events.push('current'), () => void events.push('lost')];
    const news = { listed: silent, told, gone: silent, current, lost, problem: silent };
    feed = new VarlinkFeed({ socket: place.socket, states: place.stateFiles, news });
  };

  it('lets others have their turn meanwhile', async () => {
    let turns = 0;
    const count = (): void => {
      if (events.includes('told')) turns++;
      if (!events.includes('current')) setImmediate(count);
    };
    count();
    follow();
    await vi.waitFor(() => expect(events).toContain('current'), 5000);
    expect(events).toHaveLength(51);
    expect(turns).toBeGreaterThan(10);
  });

  it('does not say that this is all when the connection ends meanwhile', async () => {
    machined.ending = true;
    follow();
    await vi.waitFor(() => expect(events).toContain('lost'), 5000);
    await pause(100);
    expect(events.length).toBeLessThan(51);
    expect(events).not.toContain('current');
  });
});
