import { description, type Methods } from '../../frontends/registry/io.github.mymachines.Registry.ts';
import { checkHost } from '../../host/check-host.ts';
import type { KnownMachine, ServiceFacts } from '../../host/host-facts.ts';
import { lookAtHost } from '../../host/look-at-host.ts';
import { needsInterface } from '../../machine/address-text.ts';
import { systemDirectory } from '../../machine/runtime-directory.ts';
import { VarlinkError } from '../../varlink/index.ts';
import { type Arguments, jsonMode, outputOptions } from '../arguments.ts';
import { type CheckLine, inOrder, registryLines } from '../check-text.ts';
import type { Command, Context } from '../command.ts';
import { connect, explain } from '../connection.ts';
import { printJson, printTable } from '../output.ts';
import { chosenServices } from '../runtime-option.ts';
import { sourceLines } from '../source-text.ts';

/** `mymachines check`: io.github.mymachines.Registry.Check and the host around it, in words and with what to do. */
export const check: Command = {
  synopsis: '',
  summary:
    'Tells what is wrong with the machines and their names, and with the host as far as it has to find them, and how ' +
    'to mend it. Ends with 0 when all is well, 3 with warnings, 4 with failures, 1 when it could not look.',
  options: outputOptions,
  operands: [0, 0],
  async run({ values }, context) {
    const mode = jsonMode(values);
    const told = await askRegistry(values, context);
    const directory = told?.directory ?? chosenServices(values, context)[0].directory;
    // Nobody of the host finds one that is apart.
    const findable = directory === systemDirectory ? (told?.service.machines ?? []) : [];
    const probe = findable.find(({ addresses }) => addresses.some((address) => !needsInterface(address)))?.name;
    const facts = await lookAtHost({ directory, environment: context.environment, probe });
    const lines = inOrder([
      ...checkHost(facts, told?.service),
      ...(told === undefined ? [] : [...registryLines(told.reply), ...sourceLines(told.reply)]),
    ]);
    if (mode === 'off') {
      const heading = values['no-legend'] === true ? undefined : ['LEVEL', 'OF', 'WHAT'];
      const rows = lines.map(({ level, of, what, mend }) => [
        level,
        of,
        mend === undefined ? what : `${what}: ${mend}`,
      ]);
      printTable(context.output, heading, rows);
    } else printJson(context.output, lines, mode);
    return Math.max(...lines.map(({ level }) => statuses[level]));
  },
};

const statuses: Readonly<Record<CheckLine['level'], number>> = { ok: 0, warn: 3, fail: 4 };

type Reply = Methods['Check']['reply'];

/** Milliseconds. A daemon that does not answer is something to tell of. */
const PATIENCE = 10_000;

interface Answer {
  readonly reply: Reply;
  readonly service: ServiceFacts;
  /** The runtime directory that it is in. */
  readonly directory: string;
}

/**
 * What the running mymachines tells; undefined where none runs or answers, of which the host's lines tell.
 * @throws Error when it may not be asked, or refuses
 */
async function askRegistry(values: Arguments['values'], context: Context): Promise<Answer | undefined> {
  const connection = await connect(values, context, 'machineSocket').catch(() => undefined);
  if (connection === undefined) return undefined;
  const { client, directory } = connection;
  const registry = client.use(description);
  try {
    const reply = await registry.call('Check', {}, { timeout: PATIENCE });
    const machines: KnownMachine[] = [];
    for await (const event of registry.stream('Subscribe', { details: true }, { timeout: PATIENCE })) {
      if (event.event === 'complete') break;
      machines.push(knownMachine(event));
    }
    const { pid, descriptors, descriptorLimit } = reply.service;
    const service = { pid, openDescriptors: descriptors, descriptorLimit: descriptorLimit ?? Infinity, machines };
    return { reply, service, directory };
  } catch (error) {
    // Whoever else answers there, or does not, is told of with what is at the socket.
    if (!(error instanceof VarlinkError) || isOtherService(error)) return undefined;
    throw explain(error, '');
  } finally {
    client.close();
  }
}

/** systemd-machined knows no such method. */
function isOtherService(error: unknown): boolean {
  const unknown = ['org.varlink.service.MethodNotFound', 'org.varlink.service.InterfaceNotFound'];
  return error instanceof VarlinkError && unknown.includes(error.error);
}

function knownMachine({ name, addresses, uidMap, gidMap }: Methods['Subscribe']['reply']): KnownMachine {
  return {
    name: name ?? '',
    addresses: (addresses ?? []).map(({ address }) => address),
    users: ranges(uidMap ?? []),
    groups: ranges(gidMap ?? []),
  };
}

/** What begins at the host's 0 are the host's own ids. */
function ranges(map: readonly { readonly outside: number; readonly count: number }[]): KnownMachine['users'] {
  return map.flatMap(({ outside, count }) => (outside === 0 ? [] : [{ start: outside, count }]));
}
