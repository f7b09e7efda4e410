import { describe, expect, test } from 'vitest';
import { Values } from './values.ts';

function known(): Values {
  const values = new Values();
  values.learnProcess('c1.leader', { pid: 358, pidfdId: 16320 });
  values.learnProcess('root', { pid: 12, pidfdId: 358 });
  values.learnRange('c1', { start: 1331822592, count: 65536 });
  values.learnTimes('c1', 1795261758540830, 980676533);
  values.learnText('boot-id', 'f4bb311bed384d41b571e9905c3b575d');
  return values;
}

describe('placeholders', () => {
  test('stand for processes, times, ids and host uids, each only in its place', () => {
    const answer =
      '{"leader":{"pid":358,"pidfdId":16320,"bootId":"f4bb311bed384d41b571e9905c3b575d"},' +
      '"supervisor":{"pid":12,"pidfdId":358},"timestamp":{"realtime":1795261758540830,"monotonic":980676533},"UID":358}';
    expect(known().strip(answer)).toBe(
      '{"leader":{"pid":«c1.leader.pid»,"pidfdId":«c1.leader.pidfdId»,"bootId":"«boot-id»"},' +
        '"supervisor":{"pid":«root.pid»,"pidfdId":«root.pidfdId»},' +
        '"timestamp":{"realtime":«c1.realtime»,"monotonic":«c1.monotonic»},"UID":358}',
    );
  });

  test('are not put where a pidfd id is another process’s', () => {
    expect(known().strip('"pid":358,"pidfdId":358')).toBe('"pid":«c1.leader.pid»,"pidfdId":«root.pidfdId»');
    expect(known().strip('"pid":358,"pidfdId":16321')).toBe('"pid":«c1.leader.pid»,"pidfdId":16321');
  });

  test('count host uids from the machine’s base, in JSON and in text', () => {
    expect(known().strip('"uid":1331822592,"gid":65534')).toBe('"uid":«c1.base»,"gid":65534');
    expect(known().strip('vu-c1-33:x:1331822625:65534:')).toBe('vu-c1-33:x:«c1.base+33»:65534:');
    expect(known().strip('1331888128 1331822591')).toBe('1331888128 1331822591');
  });

  test('hide times that nobody knows, but not a time of zero', () => {
    expect(known().strip('REALTIME=1795000000000000\nMONOTONIC=5000\n')).toBe(
      'REALTIME=«realtime»\nMONOTONIC=«monotonic»\n',
    );
    expect(known().strip('"monotonic" : 0')).toBe('"monotonic" : 0');
    expect(known().strip('"monotonic":1')).toBe('"monotonic":0');
  });

  test('are filled in again, with sums', () => {
    expect(known().fill('{"uid":«c1.base+33»,"pid":«root.pid»,"was":«c1.base-1»}')).toBe(
      '{"uid":1331822625,"pid":12,"was":1331822591}',
    );
    expect(() => known().fill('«nobody.pid»')).toThrow('nobody knows «nobody.pid»');
  });
});
