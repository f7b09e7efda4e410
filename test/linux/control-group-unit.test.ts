import { describe, expect, it } from 'vitest';
import { groupOfUnit, systemUnitOf, userUnitOf } from '../../src/linux/control-group-unit.ts';

// Every path below was made in the cgroup file system of a systemd 262, a process put in it, and libsystemd asked for its units
// (sd_pid_get_unit(3), sd_pid_get_user_unit(3)); subgroups were seen in what its systemd-machined said of such leaders.
const asked: [path: string, unit: string | undefined, userUnit: string | undefined][] = [
  ['/a.slice/b.service', 'b.service', undefined],
  ['/a.slice/getty@tty5.service/x/y', 'getty@tty5.service', undefined],
  ['/_a.slice/c.service', 'c.service', undefined],
  ['/a.slice/_cpu.service', 'cpu.service', undefined],
  ['/a.slice/a-b.slice/d.scope/payload', 'd.scope', undefined],
  ['/-.slice/x.service', 'x.service', undefined],
  ['/__x.service', '_x.service', undefined],
  ['/a.b.c.mount', 'a.b.c.mount', undefined],
  ['/a:b-_.\\x.socket', 'a:b-_.\\x.socket', undefined],
  ['/a@@.service', 'a@@.service', undefined],
  ['/a@b@c.service', 'a@b@c.service', undefined],
  [`/${'x'.repeat(247)}.service`, `${'x'.repeat(247)}.service`, undefined],
  // No valid unit name, or a slice where none may be.
  [`/${'x'.repeat(248)}.service`, undefined, undefined],
  ['/a.slice', undefined, undefined],
  ['/a@b.slice/x.service', undefined, undefined],
  ['/a.slice/b.slice.d/x.service', undefined, undefined],
  ['/.slice/x.service', undefined, undefined],
  ['/é.slice/x.service', undefined, undefined],
  ['/x@.service', undefined, undefined],
  ['/@x.service', undefined, undefined],
  ['/a b.service', undefined, undefined],
  ['/é.service', undefined, undefined],
  ['/a.unknown', undefined, undefined],
  ['/docker/0123', undefined, undefined],
  ['/lxc.payload.web', undefined, undefined],
  ['/plain', undefined, undefined],
  // Below the manager of a user or a capsule, or a login session.
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/x.service/sub', 'user@1000.service', 'x.service'],
  ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service', undefined],
  ['/x.slice/user@1000.service/-.slice/x.service', 'user@1000.service', 'x.service'],
  ['/user.slice/user@01.service/s.service', 'user@01.service', undefined],
  ['/user.slice/user@65535.service/s.service', 'user@65535.service', undefined],
  ['/user.slice/user@4294967295.service/s.service', 'user@4294967295.service', undefined],
  ['/user.slice/user@root.service/s.service', 'user@root.service', undefined],
  ['/user.slice/user-1000.slice/session-3.scope/q.service', 'session-3.scope', 'q.service'],
  ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope', undefined],
  ['/session-a_b.scope/x.service', 'session-a_b.scope', undefined],
  ['/session-.scope/x.service', 'session-.scope', undefined],
  ['/capsule.slice/capsule@test.service/app.slice/run.service', 'capsule@test.service', 'run.service'],
  ['/capsule.slice/capsule@1x.service/x.service', 'capsule@1x.service', 'x.service'],
  ['/capsule.slice/capsule@a.b.service/x.service', 'capsule@a.b.service', undefined],
  [`/capsule.slice/capsule@${'a'.repeat(29)}.service/x.service`, `capsule@${'a'.repeat(29)}.service`, 'x.service'],
  [`/capsule.slice/capsule@${'a'.repeat(30)}.service/x.service`, `capsule@${'a'.repeat(30)}.service`, undefined],
];

describe('the unit of a control group', () => {
  it.each(asked)('is for %s what libsystemd says it is', (path, unit, userUnit) => {
    expect([systemUnitOf(path)?.unit, userUnitOf(path)?.unit]).toEqual([unit, userUnit]);
  });

  it.each([
    ['/a.slice/d.scope/payload/x', 'd.scope', 'payload/x'],
    ['/a.slice/e.scope//f', 'e.scope', 'f'],
    ['/m.slice/_g.service', 'g.service', undefined],
    ['/m.slice/g.service/', 'g.service', undefined],
    ['/u.slice/user@1.service/app.slice/x.service', 'user@1.service', 'app.slice/x.service'],
  ])('has below it, for %s, what systemd-machined calls the subgroup', (path, unit, subgroup) => {
    expect(systemUnitOf(path)).toEqual({ unit, subgroup });
  });

  it('has a subgroup below the unit of a user too', () => {
    const path = '/user.slice/user@1000.service/machine.slice/machine-web.scope/payload';
    expect(userUnitOf(path)).toEqual({ unit: 'machine-web.scope', subgroup: 'payload' });
  });

  it.each(['', '/', '///', '/../x.service'])('is none for %j', (path) => {
    expect([systemUnitOf(path), userUnitOf(path)]).toEqual([undefined, undefined]);
  });
});

describe('the control group of a unit', () => {
  it.each([
    ['/machine.slice/d.scope/payload/x', 'd.scope', '/machine.slice/d.scope'],
    ['/machine.slice/d.scope', 'd.scope', '/machine.slice/d.scope'],
    ['/lxc/web/m.slice/_cpu.service/x', 'cpu.service', '/lxc/web/m.slice/_cpu.service'],
    ['/machine.slice/xd.scope', 'd.scope', undefined],
    ['/', 'd.scope', undefined],
    ['', 'd.scope', undefined],
  ])('is, for %s and %s, %s', (path, unit, group) => {
    expect(groupOfUnit(path, unit)).toBe(group);
  });
});
