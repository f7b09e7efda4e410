import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BootedContainer } from './booted-container.ts';
import { Lab, labUnavailable } from './lab.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('containers that boot in the lab', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.up();
  }, 120_000);

  afterAll(() => lab?.down());

  it.each([
    { name: 'plain', privateUsers: false },
    { name: 'mapped', privateUsers: true },
  ])(
    'one is up, registered, and has a bus: $name',
    async ({ name, privateUsers }) => {
      const container = await BootedContainer.boot(lab, name, { privateUsers });
      expect((await lab.shell(`machinectl show ${name} --property=Leader --value`)).trim()).toBe(`${container.leader}`);
      const bus = ['busctl', 'get-property', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1'] as const;
      const { stdout, stderr } = await container.run(...bus, 'org.freedesktop.systemd1.Manager', 'Virtualization');
      expect(stdout.trim(), stderr).toBe('s "systemd-nspawn"');
      const map = await lab.shell(`cat /proc/${container.leader}/uid_map`);
      expect(map.trim().split(/ +/)[1] === '0').toBe(!privateUsers);
      expect((await container.run('hostname')).stdout.trim()).toBe(name);
      await container.kill();
      await expect
        .poll(async () => (await lab.run('machinectl', 'show', name)).status, { timeout: 10_000 })
        .not.toBe(0);
    },
    60_000,
  );
});
