import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { machineInterface } from '../../src/frontends/machine/handlers.ts';
import { Filter } from '../../src/frontends/resolve-hook/filter.ts';
import { resolveHook } from '../../src/frontends/resolve-hook/handlers.ts';
import { userDatabase } from '../../src/frontends/userdb/handlers.ts';
import { Authority } from '../../src/machine/authorize.ts';
import { parseIdMap } from '../../src/machine/id-map.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { parseMachineReference } from '../../src/machine/machine-name.ts';
import { Registry } from '../../src/machine/registry.ts';
import { HostNames } from '../../src/resolver/host-names.ts';
import { listen, VarlinkServer } from '../../src/varlink/index.ts';
import { sampleAddress } from '../resolver/sample-address.ts';
import { projectRoot } from '../support/project-root.ts';
import { askVarlink } from './agent/ask-varlink.ts';
import { compare, type DifferingQuestions } from './compare.ts';
import { knownDifferences } from './known-differences.ts';
import type { Exchange, Socket } from './question.ts';
import type { ScenarioMachine } from './scenario.ts';
import { Values } from './values.ts';

// The recorded answers of systemd-machined against the front ends alone, over a registry that is put together from the
// recorded scenario: runs anywhere, without the lab. What needs the processes themselves is left to the lab.

const recorded = `${projectRoot}/fixtures/systemd-262/`;
const load = (name: string) => JSON.parse(readFileSync(`${recorded}${name}.json`, 'utf8'));
const { machines, placeholders } = load('scenario') as {
  machines: readonly (ScenarioMachine & { readonly unit: string })[];
  placeholders: readonly string[];
};
const listed = JSON.parse(
  readFileSync(new URL('differing-questions.json', import.meta.url), 'utf8'),
) as DifferingQuestions;

/** Stands in for what is another value each time: a number or an id for each placeholder. */
function standIns(): Values {
  const values = new Values();
  for (const [index, name] of placeholders.entries()) {
    if (name.endsWith('.pid')) {
      const process = { pid: 2000 + index, pidfdId: 20_000 + index };
      values.learnProcess(name.replace(/\.pid$/, ''), process);
    } else if (name.endsWith('.realtime')) {
      values.learnTimes(name.replace(/\.realtime$/, ''), 1795261758000000 + index, 980000000 + index);
    } else if (/(\.|-)id$/.test(name)) {
      values.learnText(name, `${index + 4096}`.repeat(8));
    }
  }
  values.learnRange('c1', { start: 1331822592, count: 65536 });
  return values;
}

function machineOf(described: ScenarioMachine & { readonly unit: string }, values: Values): Machine {
  const { name, users, parameters = {} } = described;
  const map = (which: 'uid' | 'gid') =>
    users === undefined ? '0 0 4294967295' : users === 'pick' ? '0 1331822592 65536' : users[which];
  const process = (who: string) => ({
    pid: Number(values.valueOf(`${who}.pid`)),
    pidfdId: Number(values.valueOf(`${who}.pidfdId`)),
  });
  const supervisor = { nspawn: `${name}.supervisor`, root: 'root', subgroup: 'subgroup', inside: undefined }[
    described.by
  ];
  const text = (key: string, as = key) => (parameters[key] === undefined ? {} : { [as]: parameters[key] });
  return {
    name: parseMachineReference(name),
    class: described.class,
    leader: process(`${name}.leader`),
    ...(supervisor === undefined ? {} : { supervisor: process(supervisor) }),
    unit: described.unit,
    ...(described.subgroup === undefined ? {} : { subgroup: described.subgroup }),
    ...(described.by === 'nspawn'
      ? { id: values.valueOf(`${name}.id`), service: 'systemd-nspawn', rootDirectory: `/var/lib/machines/${name}` }
      : { ...text('id'), ...text('service'), ...text('rootDirectory') }),
    ...text('vSockCid', 'vsockCid'),
    ...text('sshAddress'),
    ...text('sshPrivateKeyPath'),
    ...text('controlAddress'),
    interfaces: [],
    owner: 0,
    timestamp: {
      realtime: Number(values.valueOf(`${name}.realtime`)),
      monotonic: Number(values.valueOf(`${name}.monotonic`)),
    },
    facts: {
      uidMap: parseIdMap(map('uid')),
      gidMap: parseIdMap(map('gid')),
      sharesHostUsers: users === undefined,
      sharesHostNetwork: described.addresses === undefined,
      addresses: (described.addresses ?? []).map((address) => {
        const [text = ''] = address.split('/');
        return sampleAddress(`${text} ${text.startsWith('fe80') ? 'link' : 'global'} 2 host:5`);
      }),
    },
  };
}

describe('recorded answers of systemd-machined', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-replay-'));
  const values = standIns();
  const servers: VarlinkServer[] = [];
  const info = { vendor: 'mymachines', product: 'mymachines', version: '0', url: 'https://example.com' };

  beforeAll(async () => {
    const registry = new Registry();
    for (const described of machines) registry.add(machineOf(described, values));
    const never = () => Promise.reject(new Error('nothing here changes anything'));
    const services = {
      registry,
      operations: { register: never, unregister: never, terminate: never, kill: never },
      processes: { machineOf: ({ pid }: { readonly pid: number }) => registry.byLeader(pid) },
      metadata: { osRelease: never },
      authority: new Authority(0),
      bootId: values.valueOf('boot-id'),
    } as never;
    const hostNames = new HostNames(registry, { hostAddresses: () => [] });
    const hook = { hostNames, filter: new Filter(hostNames), metadata: { refresh: () => {} } };
    for (const [name, implementation] of [
      ['userdb', userDatabase({ registry, service: 'io.systemd.Machine' })],
      ['hook', resolveHook(hook)],
      ['machine', machineInterface(services)],
    ] as const) {
      const server = new VarlinkServer(info).add(implementation);
      server.serve(await listen({ path: join(directory, name) }));
      servers.push(server);
    }
  });
  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true });
  });

  async function ask({ question }: Exchange): Promise<Exchange> {
    if (question.kind !== 'call') throw new Error(`cannot ask ${question.kind}`);
    const bytes = Buffer.from(question.send.map((text) => `${values.fill(text)}\0`).join(''));
    const { messages, closed } = await askVarlink(join(directory, question.socket satisfies Socket), bytes);
    const receive = messages.map((message) => values.strip(message.toString()));
    return { question, answer: { receive, ...(closed ? { closed: true as const } : {}) } };
  }

  test.each([
    ['user-database', /./, 450],
    ['map', /^(?!.*("\.host"|"pid"))/, 165],
    // Of those two it matters which interfaces lead to the host.
    ['resolve-hook', /^hook (?!.*"(bridged|fallback)")/, 170],
    ['list', /^list (one|name|faults): (?!.*("\.host"|"pid"))/, 45],
  ])('%s', async (area, chosen, atLeast) => {
    const all = (load(area) as { exchanges: readonly Exchange[] }).exchanges;
    const exchanges = all.filter(({ question }) => chosen.test(question.id));
    expect(exchanges.length).toBeGreaterThan(atLeast);
    const ours: Exchange[] = [];
    for (const exchange of exchanges) ours.push(await ask(exchange));
    const { problems } = compare(exchanges, ours, knownDifferences, listed);
    expect(problems, problems.slice(0, 20).join('\n')).toEqual([]);
  });
});
