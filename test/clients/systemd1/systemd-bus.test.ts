import { expect, it } from 'vitest';
import { unitOfPath, unitPath } from '../../../src/clients/systemd1/systemd-bus.ts';

// As systemd 262 names them in its signals, and the last as sd_bus_path_encode(3) says.
it.each([
  ['shutdown.target', '/org/freedesktop/systemd1/unit/shutdown_2etarget'],
  ['systemd-journald.socket', '/org/freedesktop/systemd1/unit/systemd_2djournald_2esocket'],
  ['machine-va\\x2d1.scope', '/org/freedesktop/systemd1/unit/machine_2dva_5cx2d1_2escope'],
  ['9p.mount', '/org/freedesktop/systemd1/unit/_39p_2emount'],
])('unit %s is %s', (unit, path) => {
  expect(unitPath(unit)).toBe(path);
  expect(unitOfPath(path)).toBe(unit);
});

it('no other object is a unit', () => {
  expect(unitOfPath('/org/freedesktop/systemd1/job/1')).toBeUndefined();
});
