import { resolve } from 'node:path';
import { type Arguments, jsonMode, outputOptions, parseNumber } from '../arguments.ts';
import type { Command } from '../command.ts';
import { explain } from '../connection.ts';
import { UsageError } from '../failures.ts';
import { printJson } from '../output.ts';
import { findMachine, type RegisterParameters, withRegistry } from '../registry-client.ts';

/** `mymachines register NAME --leader PID …`: io.systemd.Machine.Register. */
export const register: Command = {
  synopsis:
    'NAME --leader=PID [--class=container|vm] [--service=TEXT] [--id=HEX] [--root-directory=DIR] [--interface=N]… ' +
    '[--vsock-cid=N] [--ssh-address=ADDRESS] [--ssh-private-key-path=PATH] [--control-address=ADDRESS]',
  summary: 'Registers a running container or virtual machine by the PID of its leading process.',
  options: {
    ...outputOptions,
    leader: { type: 'string' },
    class: { type: 'string' },
    service: { type: 'string' },
    id: { type: 'string' },
    'root-directory': { type: 'string' },
    interface: { type: 'string', multiple: true },
    'vsock-cid': { type: 'string' },
    'ssh-address': { type: 'string' },
    'ssh-private-key-path': { type: 'string' },
    'control-address': { type: 'string' },
  },
  operands: [1, 1],
  async run({ operands, values }, context) {
    const [name = ''] = operands;
    const mode = jsonMode(values);
    const parameters = registerParameters(name, values);
    const machine = await withRegistry(values, context, async (client, service) => {
      await client.call('Register', parameters).catch((error) => Promise.reject(explain(error, name, service)));
      return findMachine(client, name);
    });
    if (mode !== 'off') printJson(context.output, machine, mode);
    return 0;
  },
};

/** `mymachines unregister NAME`: io.systemd.Machine.Unregister. The machine goes on running. */
export const unregister: Command = {
  synopsis: 'NAME',
  summary: 'Forgets a machine, which goes on running.',
  options: outputOptions,
  operands: [1, 1],
  async run({ operands, values }, context) {
    const [name = ''] = operands;
    const mode = jsonMode(values);
    await withRegistry(values, context, (client, service) =>
      client.call('Unregister', { name }).catch((error) => Promise.reject(explain(error, name, service))),
    );
    if (mode !== 'off') printJson(context.output, { name }, mode);
    return 0;
  },
};

function registerParameters(name: string, values: Arguments['values']): RegisterParameters {
  const text = (option: string): string | undefined => {
    const value = values[option];
    return typeof value === 'string' ? value : undefined;
  };
  const leader = text('leader');
  if (leader === undefined) throw new UsageError("'register' wants --leader=PID");
  const machineClass = text('class') ?? 'container';
  if (machineClass !== 'container' && machineClass !== 'vm') {
    throw new UsageError(`--class= takes container or vm, not '${machineClass}'`);
  }
  const root = text('root-directory');
  const cid = text('vsock-cid');
  const interfaces = values['interface'];
  return {
    name,
    class: machineClass,
    leader: parseNumber(leader, '--leader=', 1, 0x7fff_ffff),
    id: text('id'),
    service: text('service'),
    rootDirectory: root === undefined ? undefined : resolve(root),
    ifIndices: Array.isArray(interfaces)
      ? interfaces.map((value) => parseNumber(String(value), '--interface=', 1, 0x7fff_ffff))
      : undefined,
    vSockCid: cid === undefined ? undefined : parseNumber(cid, '--vsock-cid=', 3, 0xffff_fffe),
    sshAddress: text('ssh-address'),
    sshPrivateKeyPath: text('ssh-private-key-path'),
    controlAddress: text('control-address'),
  };
}
