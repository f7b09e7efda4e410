import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/machine/machine.ts';
import { formatState, parseState, unitLinkName } from '../../src/machine/state-file.ts';
import { sampleMachine } from './sample-machine.ts';

/** Files that systemd 262 wrote, and the machines that it was asked to register. */
const recorded: [string, string, Machine][] = [
  [
    'a container of systemd-nspawn',
    '# This is private data. Do not parse.\nNAME=c1\nUID=0\nSCOPE=c1.scope\nSERVICE=systemd-nspawn\nROOT=/var/lib/machines/c1\nID=85bb6a7ce5f343b4a1d6bd77b021e154\nLEADER=202\nLEADER_PIDFDID=12214\nSUPERVISOR=198\nSUPERVISOR_PIDFDID=12210\nCLASS=container\nREALTIME=1795261115070265\nMONOTONIC=337205968\nNETIF=" 2"\nVSOCK_CID=4294967295\n',
    sampleMachine('c1', {
      unit: 'c1.scope',
      service: 'systemd-nspawn',
      rootDirectory: '/var/lib/machines/c1',
      id: '85bb6a7ce5f343b4a1d6bd77b021e154',
      leader: { pid: 202, pidfdId: 12214 },
      supervisor: { pid: 198, pidfdId: 12210 },
      timestamp: { realtime: 1795261115070265, monotonic: 337205968 },
      interfaces: [2],
    }),
  ],
  [
    'one with everything',
    '# This is private data. Do not parse.\nNAME=ctl\nUID=0\nSCOPE=m-ctl-22183.scope\nSERVICE="x\\$y\\"z"\nROOT="/tmp/r x"\nID=85bb6a7ce5f343b4a1d6bd77b021e154\nLEADER=2753\nLEADER_PIDFDID=25678\nSUPERVISOR=2754\nSUPERVISOR_PIDFDID=25679\nCLASS=container\nREALTIME=1795262205337725\nMONOTONIC=1427473428\nNETIF=" 1 1"\nVSOCK_CID=77\nSSH_ADDRESS="vsock/3 x\\$"\nSSH_PRIVATE_KEY_PATH="/tmp/k/a y"\nCONTROL_ADDRESS="/run/c d"\n',
    sampleMachine('ctl', {
      unit: 'm-ctl-22183.scope',
      service: 'x$y"z',
      rootDirectory: '/tmp/r x',
      id: '85bb6a7ce5f343b4a1d6bd77b021e154',
      leader: { pid: 2753, pidfdId: 25678 },
      supervisor: { pid: 2754, pidfdId: 25679 },
      timestamp: { realtime: 1795262205337725, monotonic: 1427473428 },
      interfaces: [1, 1],
      vsockCid: 77,
      sshAddress: 'vsock/3 x$',
      sshPrivateKeyPath: '/tmp/k/a y',
      controlAddress: '/run/c d',
    }),
  ],
  [
    'one with nothing',
    '# This is private data. Do not parse.\nNAME=t1\nUID=0\nSCOPE=two.scope\nLEADER=2137\nLEADER_PIDFDID=22476\nSUPERVISOR=2141\nSUPERVISOR_PIDFDID=22480\nCLASS=container\nREALTIME=1795262072632361\nMONOTONIC=1294768064\nVSOCK_CID=4294967295\n',
    sampleMachine('t1', {
      unit: 'two.scope',
      leader: { pid: 2137, pidfdId: 22476 },
      supervisor: { pid: 2141, pidfdId: 22480 },
      timestamp: { realtime: 1795262072632361, monotonic: 1294768064 },
    }),
  ],
];

describe('state files', () => {
  it.each(recorded)('of %s are byte for byte those of systemd', (_what, text, machine) => {
    expect(formatState(machine)).toBe(text);
  });

  it.each(recorded)('of %s are read', (_what, text, { facts: _of, ...machine }) => {
    expect(parseState(text)).toEqual({ ...machine, problems: [] });
  });

  it('of a user’s machine, in a control group below its unit, say so', () => {
    const machine = sampleMachine('o1', { owner: 1000, unit: 'own.scope', subgroup: 'payload/a b', class: 'vm' });
    const text = formatState(machine);
    expect(text).toContain('\nUID=1000\nSCOPE=own.scope\nSUBGROUP="payload/a b"\n');
    expect(text).toContain('\nCLASS=vm\n');
    expect(parseState(text)).toMatchObject({ owner: 1000, unit: 'own.scope', subgroup: 'payload/a b', class: 'vm' });
  });

  it('cannot be made to say more by a value with lines in it', () => {
    const text = formatState(sampleMachine('a', { service: 'x\nUID=0\nLEADER=1\nCLASS=host\n"', owner: 1000 }));
    expect(parseState(text)).toMatchObject({
      owner: 1000,
      service: 'x\nUID=0\nLEADER=1\nCLASS=host\n"',
      class: 'container',
    });
  });

  it('may lack anything', () => {
    expect(parseState('')).toEqual({ interfaces: [], problems: [] });
    expect(parseState('NAME=a\n')).toEqual({ name: 'a', interfaces: [], problems: [] });
    expect(parseState('SERVICE=\nROOT=\nNETIF=\nLEADER=\n')).toEqual({ interfaces: [], problems: [] });
    // No UID: systemd 258 and older, on which 259 crashed (systemd#39061).
    expect(parseState(formatState(sampleMachine('a')).replace('UID=0\n', '')).owner).toBeUndefined();
    expect(parseState('REALTIME=5\n').timestamp).toEqual({ realtime: 5, monotonic: 0 });
    expect(parseState('LEADER=5\n').leader).toEqual({ pid: 5 });
  });

  it('may have keys that nobody knows', () => {
    expect(parseState('SCOPE_JOB=/org/x\nFUTURE="x\\"\ny"\nNAME=a\n')).toEqual({
      name: 'a',
      interfaces: [],
      problems: [],
    });
  });

  it.each([
    ['NAME=.host', 'NAME cannot be ".host"'],
    ['NAME=a_b', 'NAME cannot be "a_b"'],
    ['UID=-1', 'UID cannot be "-1"'],
    ['UID=4294967295', 'UID cannot be "4294967295"'],
    ['UID=1e3', 'UID cannot be "1e3"'],
    ['CLASS=host', 'CLASS cannot be "host"'],
    ['ID=85bb', 'ID cannot be "85bb"'],
    ['LEADER=99999999999', 'LEADER cannot be "99999999999"'],
    ['REALTIME=99999999999999999', 'REALTIME cannot be "99999999999999999"'],
    ['VSOCK_CID=x', 'VSOCK_CID cannot be "x"'],
  ])('leave out what is of no use, and tell: %s', (line, problem) => {
    expect(parseState(`${line}\n`)).toEqual({ interfaces: [], problems: [problem] });
  });

  it('keep the interfaces that can be', () => {
    expect(parseState('NETIF=" 2 0 -1 x 3 1.5 4294967296"\n')).toEqual({
      interfaces: [2, 3],
      problems: ['0', '-1', 'x', '1.5', '4294967296'].map((word) => `NETIF cannot be "${word}"`),
    });
  });

  it('give no leader rather than one that may be another process', () => {
    expect(parseState('LEADER=5\nLEADER_PIDFDID=x\n').leader).toBeUndefined();
    expect(parseState('LEADER=5\nLEADER_PIDFDID=18446744073709551615\n').leader).toBeUndefined();
    expect(parseState('LEADER=0\nLEADER_PIDFDID=7\n').leader).toBeUndefined();
  });

  it('have a link from the unit, unless machines share it', () => {
    expect(unitLinkName(sampleMachine('a', { unit: 'three.scope' }))).toBe('unit:three.scope');
    expect(unitLinkName(sampleMachine('a', { unit: 'three.scope', subgroup: 'payload' }))).toBeUndefined();
    expect(unitLinkName(sampleMachine('a'))).toBeUndefined();
  });
});
