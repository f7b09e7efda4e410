import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { addressText, osReleaseField, sinceText } from '../machine-text.ts';
import { printFields, printJson } from '../output.ts';
import { findMachine, type MachineReply, withRegistry } from '../registry-client.ts';

/** `mymachines status NAME`: the fields of `machinectl status`. */
export const status: Command = {
  synopsis: 'NAME',
  summary: 'Shows what is known of a machine.',
  options: outputOptions,
  operands: [1, 1],
  async run({ operands, values }, context) {
    const [name = ''] = operands;
    const mode = jsonMode(values);
    const machine = await withRegistry(values, context, (client) => findMachine(client, name));
    if (mode !== 'off') {
      printJson(context.output, machine, mode);
      return 0;
    }
    if (values['no-legend'] !== true) context.output.write(`${machine.name}${machine.id ? `(${machine.id})` : ''}\n`);
    printFields(context.output, fields(machine));
    return 0;
  },
};

function fields(machine: MachineReply): (readonly [string, string | readonly string[] | undefined])[] {
  const { leader, supervisor, timestamp, service, unit } = machine;
  return [
    ['Since', timestamp?.realtime ? sinceText(timestamp.realtime, Date.now()) : undefined],
    ['Leader', leader ? String(leader.pid) : undefined],
    ['Supervisor', supervisor ? String(supervisor.pid) : undefined],
    ['Service', service ? `${service}; class ${machine.class}` : `class ${machine.class}`],
    ['Root', machine.rootDirectory ?? undefined],
    ['Address', (machine.addresses ?? []).map(addressText)],
    ['OS', osReleaseField(machine, 'PRETTY_NAME')],
    ['UID Shift', number(machine.UIDShift)],
    ['VSock CID', number(machine.vSockCid)],
    ['SSH Address', machine.sshAddress ?? undefined],
    ['Unit', unit ? `${unit}${machine.subgroup ?? ''}` : undefined],
    ['Registered by', number(machine.UID)],
  ];
}

function number(value: number | null | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
