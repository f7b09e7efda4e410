import { expect, it } from 'vitest';
import { type EndedShell, UnitsOrDirect } from '../../../src/inside/terminals/units-or-direct.ts';
import { MachineError, SystemFailure } from '../../../src/machine/errors.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const terminal = { number: 3, openPeer: () => 9 };
const request = { environment: ['A=b'], user: 'anna' };

/** @returns what became of a shell and of a login whose service manager gives this error */
async function shellAfter(error: unknown, machine: Machine = sampleMachine('c1'), loginError?: unknown) {
  const direct: unknown[] = [];
  const ended: EndedShell[] = [];
  const units = new UnitsOrDirect(
    { startLogin: () => Promise.reject(error), startShell: () => Promise.reject(error) },
    {
      startShell: async (given, asked, { openPeer, onEnd }) => {
        direct.push([given, asked, openPeer()]);
        onEnd(5);
      },
      startLogin: async (given, { openPeer }) => {
        if (loginError !== undefined) throw loginError;
        direct.push([given, 'login', openPeer()]);
      },
    },
    (shell) => ended.push(shell),
  );
  const failure = await units.startShell(machine, terminal, request).catch((reason: unknown) => reason);
  return {
    failure,
    direct,
    ended,
    login: await units.startLogin(machine, terminal).catch((reason: unknown) => reason),
  };
}

function noBus(errnoName: string): MachineError {
  const cause = new SystemFailure(2, errnoName, 'no such file');
  return new MachineError('no-ipc', 'There is no system bus.', undefined, { cause });
}

it('starts a shell directly where there is no bus, and hears of its end', async () => {
  const machine = sampleMachine('c1');
  const error = noBus('ENOENT');
  const { failure, direct, ended, login } = await shellAfter(error, machine);
  expect(failure).toBeUndefined();
  expect(direct).toEqual([
    [machine, request, 9],
    [machine, 'login', 9],
  ]);
  expect(ended).toEqual([{ machine, status: 5 }]);
  expect(login).toBeUndefined();
});

it('says that there is neither a bus nor a login, and else why it does not start', async () => {
  const machine = sampleMachine('c1');
  const { login } = await shellAfter(noBus('ENOENT'), machine, new SystemFailure(2, 'ENOENT', 'no such file'));
  const message = 'There is no system bus in container c1, and no /bin/login.';
  expect(login).toMatchObject({ code: 'no-ipc', message });
  const refused = new SystemFailure(13, 'EACCES', 'it is no program');
  expect((await shellAfter(noBus('ENOENT'), machine, refused)).login).toBe(refused);
});

it('does not where there is one, whatever it says, nor in what is no container', async () => {
  const errors = [
    noBus('ECONNREFUSED'),
    new MachineError('no-ipc', 'The system bus lets nobody in.'),
    new MachineError('timed-out', 'It says nothing.'),
    new SystemFailure(2, 'ENOENT', 'It says that itself.'),
  ];
  for (const error of errors) {
    expect(await shellAfter(error)).toMatchObject({ failure: error, login: error, direct: [], ended: [] });
  }
  const host = sampleMachine('.host', { class: 'host' });
  expect(await shellAfter(noBus('ENOENT'), host)).toMatchObject({ direct: [] });
});
