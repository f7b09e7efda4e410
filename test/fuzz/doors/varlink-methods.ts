import fc from 'fast-check';
import { description as machine } from '../../../src/frontends/machine/io.systemd.Machine.ts';
import { description as registry } from '../../../src/frontends/registry/io.github.mymachines.Registry.ts';
import { description as hook } from '../../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { description as service } from '../../../src/frontends/service/io.systemd.service.ts';
import { description as userDatabase } from '../../../src/frontends/userdb/io.systemd.UserDatabase.ts';
import { type Check, compileCheck, type MethodDefinition, parseInterface } from '../../../src/varlink/index.ts';
import { description as varlinkService } from '../../../src/varlink/org.varlink.service.ts';
import { sendRaw } from '../../support/raw-varlink.ts';
import { door } from '../door.ts';
import { carefulTexts, structTexts } from '../typed-json.ts';
import { WatchedDaemon } from '../watched-daemon.ts';

type SocketName = 'machineSocket' | 'userdbSocket' | 'hookSocket';

/**
 * A call: `parameters` is a JSON text in which `"LEADER"` is to be the process that leads the machine `good`, and
 * `"SPARE"` one that leads none.
 */
interface Call {
  readonly socket: SocketName;
  readonly method: string;
  readonly parameters: string;
  readonly flag: 'more' | 'oneway' | 'none';
}

const served: readonly (readonly [SocketName, string])[] = [
  ['machineSocket', machine],
  ['machineSocket', service],
  ['machineSocket', registry],
  ['userdbSocket', userDatabase],
  ['hookSocket', hook],
  ['machineSocket', varlinkService],
];

/** What is worth trying where a field of this name is. */
const known: Readonly<Record<string, readonly string[]>> = {
  name: ['"good"', '"web"', '".host"', '"good.example"', '"1.0.0.10.in-addr.arpa"'],
  leader: ['"SPARE"', '"LEADER"'],
  pid: ['"LEADER"', '{"pid":"LEADER"}', '1'],
  class: ['"container"', '"vm"'],
  whom: ['"leader"', '"all"'],
  service: ['"io.systemd.Machine"'],
  userName: ['"vu-good-0"', '"vu-good-33"'],
  groupName: ['"vg-good-0"'],
  uid: ['0', '65536', '4294967294'],
  gid: ['0', '65536', '4294967294'],
  signal: ['18', '0', '64'],
  level: ['6', '7'],
  interface: ['"io.systemd.Machine"', '"org.varlink.service"'],
};

const definitions = served.map(([socket, text]) => ({ socket, definition: parseInterface(text) }));
const outputs = new Map<string, Check>();
/** Of errors of the interfaces; others are told by name alone. */
const errors = new Map<string, Check>();
const methods: fc.Arbitrary<Call>[] = [];
for (const { socket, definition } of definitions) {
  for (const member of definition.members) {
    const name = `${definition.name}.${member.name}`;
    if (member.kind === 'error')
      errors.set(name, compileCheck(definition, member.parameters, { unknownFields: 'refuse' }));
    if (member.kind !== 'method') continue;
    outputs.set(name, compileCheck(definition, member.output, { unknownFields: 'refuse' }));
    methods.push(callsOf(socket, name, member));
  }

  function callsOf(at: SocketName, method: string, { input }: MethodDefinition): fc.Arbitrary<Call> {
    return fc.record({
      socket: fc.constant(at),
      method: fc.constant(method),
      parameters: fc.oneof(structTexts(definition, input, known), carefulTexts(definition, input, known)),
      flag: fc.constantFrom('none', 'none', 'none', 'more', 'oneway'),
    });
  }
}

/** Of sd-varlink's own, and PermissionDenied's like. */
const otherErrors = ['io.systemd.System', 'io.systemd.InteractiveAuthenticationRequired'];

export const varlinkMethods = door<Call>({
  name: 'varlink-methods',
  about: 'any local user calls every method with parameters that are, nearly, of its types: replies are as described',
  shortRuns: 1500,
  survives: false,
  reaches: [
    ...['Register', 'Unregister', 'List', 'Kill', 'Terminate', 'MapFrom'].map((name) => `io.systemd.Machine.${name}`),
    ...['Explain', 'Subscribe', 'Check'].map((name) => `io.github.mymachines.Registry.${name}`),
    ...['NoSuchMachine', 'NotSupported', 'MachineExists', 'NoSuchUser'].map((name) => `io.systemd.Machine.${name}`),
    'io.systemd.UserDatabase.NoRecordFound',
    'org.varlink.service.InvalidParameter',
    'the end',
  ],
  inputs: fc.oneof(...methods),
  async open() {
    const watched = await WatchedDaemon.start();
    return {
      async try(call) {
        // Nothing comes of a oneway call: the next one shows that it was done with.
        const method = call.flag === 'oneway' ? 'org.varlink.service.GetInfo' : call.method;
        let came = 'the end';
        await watched.holds(async () => {
          const parameters = call.parameters
            .replaceAll('"LEADER"', `${watched.leader}`)
            .replaceAll('"SPARE"', `${watched.spare}`);
          const flag = call.flag === 'none' ? '' : `,"${call.flag}":true`;
          const text = `{"method":"${call.method}","parameters":${parameters}${flag}}\0`;
          const after = call.flag === 'oneway' ? `{"method":"${method}"}\0` : '';
          const { replies, closed } = await sendRaw(watched.daemon[call.socket], text + after);
          const [reply] = replies;
          if (reply === undefined && !closed) throw new Error('there is no answer for two seconds');
          if (reply !== undefined) came = checkReply(method, reply);
        });
        return came;
      },
      close: () => watched.close(),
    };
  },
});

/** Gives the error, or the method that went well. */
function checkReply(method: string, { error, parameters = {}, ...rest }: Record<string, unknown>): string {
  const unknown = Object.keys(rest).filter((key) => key !== 'continues');
  if (unknown.length > 0) throw new Error(`the reply to ${method} has ${unknown}`);
  if (error === undefined) {
    const fault = outputs.get(method)?.(parameters);
    if (fault !== undefined) throw new Error(`${JSON.stringify(fault)} of a reply to ${method} is not as described`);
    return method;
  }
  const fault = errors.get(error as string)?.(parameters);
  if (fault !== undefined) throw new Error(`${JSON.stringify(fault)} of ${error} is not as described`);
  if (!errors.has(error as string) && !otherErrors.includes(error as string)) {
    throw new Error(`${method} was answered ${error}, which nothing describes`);
  }
  return error as string;
}
