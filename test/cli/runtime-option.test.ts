import { expect, it } from 'vitest';
import type { Context } from '../../src/cli/command.ts';
import { chosenDirectory, chosenServices } from '../../src/cli/runtime-option.ts';

const asked = (values: Record<string, string>, uid: number, environment: NodeJS.ProcessEnv) =>
  chosenServices(values, { uid, environment } as Context).map(({ machineSocket }) => machineSocket);
const socketsIn = (directory: string) =>
  ['io.github.mymachines', 'io.systemd.Machine'].map((service) => `${directory}/machine/${service}`);

it('asks of a user’s registry first, and of the system’s where there is none', () => {
  const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
  expect(asked({}, 1000, environment)).toEqual([...socketsIn('/run/user/1000/systemd'), ...socketsIn('/run/systemd')]);
  expect(asked({}, 1000, {})).toEqual(socketsIn('/run/systemd'));
  expect(asked({}, 0, environment)).toEqual(socketsIn('/run/systemd'));
});

it('asks nobody else than is named', () => {
  const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
  expect(asked({ 'runtime-dir': '/srv/own' }, 1000, environment)).toEqual(socketsIn('/srv/own'));
});

it('serves from a directory of the user’s own only', () => {
  const directory = (environment: NodeJS.ProcessEnv) => chosenDirectory({}, { uid: 1000, environment } as Context);
  expect(directory({ XDG_RUNTIME_DIR: '/run/user/1000' })).toBe('/run/user/1000/systemd');
  expect(() => directory({})).toThrow('--runtime-dir');
});
