import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { BridgePorts } from '../../../src/linux/netlink/bridge-ports.ts';
import { containersUnavailable } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('what is in which bridge', () => {
  const loop = new EventLoop();
  const own = (process.pid % 46_656).toString(36);
  const [one, other, port, peer] = [`mmx${own}`, `mmy${own}`, `mmp${own}`, `mmq${own}`];
  const ip = (...commands: string[]) => execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
  const index = (name: string) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));

  afterAll(() => {
    execFileSync('sh', ['-c', `ip link del ${one}; ip link del ${other}; ip link del ${port}; true`], {
      stdio: 'pipe',
    });
    loop.close();
  });

  it('is known from the start, and with every change', async () => {
    ip(`link add ${one} type bridge`, `link add ${other} type bridge`, `link add ${port} type veth peer name ${peer}`);
    ip(`link set ${port} master ${one}`);
    let changes = 0;
    const ports = new BridgePorts(loop, () => changes++);
    const [inside, outside] = [index(port), index(peer)];
    expect([ports.bridgeOf(inside), ports.bridgeOf(outside)]).toEqual([index(one), undefined]);
    ip(`link set ${peer} master ${other}`);
    await expect.poll(() => ports.bridgeOf(outside)).toBe(index(other));
    // What it tells of itself, as that it is up, does not take it out.
    ip(`link set ${peer} up`, `link set ${other} up`, `link set ${port} up`, `link set ${one} up`);
    const before = changes;
    await expect.poll(() => changes).toBeGreaterThan(before);
    expect([ports.bridgeOf(inside), ports.bridgeOf(outside)]).toEqual([index(one), index(other)]);
    ip(`link set ${port} nomaster`);
    await expect.poll(() => ports.bridgeOf(inside)).toBeUndefined();
    ip(`link set ${port} master ${other}`);
    await expect.poll(() => ports.bridgeOf(inside)).toBe(index(other));
    ip(`link del ${other}`);
    await expect.poll(() => [ports.bridgeOf(inside), ports.bridgeOf(outside)]).toEqual([undefined, undefined]);
    ports.close();
    const after = changes;
    ip(`link set ${port} down`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(changes).toBe(after);
  });
});
