import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Authority } from '../../../src/machine/authorize.ts';
import { MachineError } from '../../../src/machine/errors.ts';
import { parseIdMap } from '../../../src/machine/id-map.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { hostMachineName, parseMachineName } from '../../../src/machine/machine-name.ts';
import type { MachineOperations, ProcessFinder } from '../../../src/machine/operations.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { fixedImages, sampleImage, unchangeable } from '../../images/fixed-images.ts';
import { projectRoot } from '../../support/project-root.ts';
import { compare } from './compare.ts';
import type { Exchange } from './recording/exchange.ts';
import type { KnownProcess } from './recording/placeholders.ts';
import { type ScenarioMachine, scenario } from './recording/scenario.ts';
import { ReplayedSystem } from './replayed-system.ts';
import { insideOver } from './test-services.ts';

// The recorded answers of systemd-machined against the front end alone, over a registry that is put together from the
// recorded scenario: runs anywhere, without the lab. What needs the processes themselves is left to lab.test.ts.

const hostId = 'fedcba9876543210fedcba9876543210';
const processes: Readonly<Record<string, KnownProcess>> = Object.fromEntries(
  ['host', 'spare-root', 'spare-alice', ...scenario.map(({ name }) => name)].map((name, index) => [
    name,
    { pid: name === 'host' ? 1 : 2000 + index, pidfdId: 20_000 + index },
  ]),
);

function machineOf({ name, class: machineClass, by, more, users, addresses, ...rest }: ScenarioMachine): Machine {
  const map = parseIdMap(users ?? '0 0 4294967295');
  return {
    name: parseMachineName(name),
    class: machineClass,
    leader: processes[name] as KnownProcess,
    supervisor: { pid: 999, pidfdId: 9999 },
    unit: `m-${name}.service`,
    ...(rest.id !== undefined && { id: rest.id }),
    ...(rest.service !== undefined && { service: rest.service }),
    ...(rest.rootDirectory !== undefined && { rootDirectory: rest.rootDirectory }),
    interfaces: rest.interfaces ?? [],
    ...more,
    owner: by === 'root' ? 0 : 1000,
    timestamp: { realtime: 1_795_261_758_000_000, monotonic: 980_000_000 },
    facts: {
      uidMap: map,
      gidMap: map,
      sharesHostUsers: users === undefined,
      sharesHostNetwork: addresses === undefined,
      addresses: name === 'c1' ? [addressOf('fd000000000000000000000000000007'), addressOf('0a090807')] : [],
    },
  };
}

function addressOf(hexadecimal: string): Machine['facts']['addresses'][number] {
  const bytes = Buffer.from(hexadecimal, 'hex');
  return {
    family: bytes.length === 4 ? 'ipv4' : 'ipv6',
    bytes,
    prefixLength: 24,
    interfaceIndex: 2,
    scope: 0,
    tentative: false,
    deprecated: false,
  };
}

function host(): Machine {
  const { facts } = machineOf({ name: 'any', class: 'container', by: 'root' });
  return {
    name: hostMachineName,
    id: hostId,
    class: 'host',
    leader: processes['host'] as KnownProcess,
    rootDirectory: '/',
    unit: '-.slice',
    interfaces: [],
    owner: 0,
    timestamp: { realtime: 1_795_261_000_000_000, monotonic: 0 },
    facts,
  };
}

/** Asks the authority and changes the registry; there are no processes that anything could be done to. */
function operationsOn(registry: Registry, authority: Authority): MachineOperations {
  const refuseHost = ({ class: machineClass }: Machine): void => {
    if (machineClass === 'host') throw new MachineError('not-supported', 'the host is not ended');
  };
  const never = () => Promise.reject(new Error('registrations are for the lab'));
  return {
    register: never,
    create: never,
    async unregister(machine, caller) {
      await authority.authorize('unregister-machine', caller, machine);
      if (machine.class !== 'host') registry.remove(machine.name);
    },
    async terminate(machine, caller) {
      await authority.authorize('terminate-machine', caller, machine);
      refuseHost(machine);
    },
    async kill(machine, _whom, _signal, caller) {
      await authority.authorize('kill-machine', caller, machine);
      refuseHost(machine);
    },
  };
}

function replayed(): ReplayedSystem {
  const registry = new Registry();
  registry.add(host());
  for (const described of scenario) registry.add(machineOf(described));
  const authority = new Authority(0, { check: async () => 'challenge' });
  const processFinder: ProcessFinder = {
    machineOf: ({ pid }) => {
      if (pid > 0x7fff_ffff) throw new MachineError('invalid-parameter', 'no process number', 'pid');
      return registry.byLeader(pid);
    },
    claimOf: () => {
      throw new Error('no descriptors');
    },
  };
  const images = fixedImages([sampleImage('.host', { path: '/', readOnly: true })]);
  const services = {
    registry,
    authority,
    operations: operationsOn(registry, authority),
    processes: processFinder,
    metadata: {
      hostAddresses: () => [],
      osRelease: async ({ name, class: machineClass }: Machine) => {
        if (machineClass === 'vm') throw new MachineError('not-available', 'a VM');
        if (name !== 'c1') throw new MachineError('no-os-release-information', 'none');
        return ['ID=small', 'NAME=Small Root', 'VERSION_ID=1'];
      },
      refresh: () => {},
    },
    images,
    imageOperations: unchangeable(images, authority),
    inside: insideOver({
      registry,
      authority,
      files: {
        openRootDirectory: async () => {
          throw new MachineError('not-supported', 'not recorded');
        },
      },
    }),
  };
  return new ReplayedSystem(services, processes, hostId);
}

/** Of registrations, those that are refused for what they say. */
const needsNoProcess = ({ question, reply }: Exchange): boolean =>
  question.as === 'root' && 'error' in reply && reply.error.endsWith('.InvalidArgs') && !/leader PID/.test(reply.text);

test.each<[string, (exchange: Exchange) => boolean, number]>([
  ['lookup', () => true, 330],
  ['registration', needsNoProcess, 45],
  ['operation', () => true, 250],
])('%s', async (area, chosen, atLeast) => {
  const file = `${projectRoot}/fixtures/systemd-262/machine1-${area}.json`;
  const all = (JSON.parse(readFileSync(file, 'utf8')) as { exchanges: readonly Exchange[] }).exchanges;
  const exchanges = all.filter(chosen);
  expect(exchanges.length).toBeGreaterThan(atLeast);
  const system = replayed();
  const ours: Exchange[] = [];
  for (const { question } of exchanges) ours.push(await system.ask(question));
  const { problems } = compare(exchanges, ours);
  expect(problems, problems.slice(0, 30).join('\n')).toEqual([]);
});
