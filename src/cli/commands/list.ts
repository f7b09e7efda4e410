import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { addressText, osReleaseField } from '../machine-text.ts';
import { type Lines, printJson, printTable } from '../output.ts';
import { listMachines, withRegistry } from '../registry-client.ts';

/** `mymachines list`: the columns of `machinectl list`, sorted by name. */
export const list: Command = {
  synopsis: '',
  summary: 'Lists the machines.',
  options: outputOptions,
  operands: [0, 0],
  async run({ values }, context) {
    const mode = jsonMode(values);
    const machines = await withRegistry(values, context, (client) => listMachines(client));
    const shown = machines.filter((machine) => machine.class !== 'host').sort((a, b) => (a.name < b.name ? -1 : 1));
    if (mode !== 'off') {
      printJson(context.output, shown, mode);
      return 0;
    }
    const legend = values['no-legend'] !== true;
    if (shown.length > 0) {
      const heading = ['MACHINE', 'CLASS', 'SERVICE', 'OS', 'VERSION', 'ADDRESSES'];
      const rows = shown.map((machine): Lines[] => [
        machine.name,
        machine.class,
        machine.service ?? '',
        osReleaseField(machine, 'ID') ?? '',
        osReleaseField(machine, 'VERSION_ID') ?? '',
        (machine.addresses ?? []).map(addressText),
      ]);
      printTable(context.output, legend ? heading : undefined, rows);
    }
    if (legend) context.output.write(shown.length === 0 ? 'No machines.\n' : `\n${shown.length} machines listed.\n`);
    return 0;
  },
};
