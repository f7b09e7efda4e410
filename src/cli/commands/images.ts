import { description, type Methods } from '../../frontends/machine-image/io.systemd.MachineImage.ts';
import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { connect, explain, TIMEOUT } from '../connection.ts';
import { momentText } from '../machine-text.ts';
import { type Lines, type Output, printJson, printTable } from '../output.ts';

type Image = Methods['List']['reply'];

/** `mymachines images`: io.systemd.MachineImage.List, in the columns of `machinectl list-images`, sorted by name. */
export const images: Command = {
  synopsis: '[--all]',
  summary: 'Lists the images that machines are started from; with --all also those whose names begin with a dot.',
  options: { ...outputOptions, all: { type: 'boolean', short: 'a' } },
  operands: [0, 0],
  async run({ values }, context) {
    const mode = jsonMode(values);
    const { client, service } = await connect(values, context, 'machineSocket');
    const all: Image[] = [];
    try {
      for await (const image of client.use(description).stream('List', {}, { timeout: TIMEOUT })) all.push(image);
    } catch (error) {
      throw explain(error, '', service);
    } finally {
      client.close();
    }
    const shown = all
      .filter(({ name }) => values['all'] === true || !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (mode !== 'off') {
      printJson(context.output, shown, mode);
      return 0;
    }
    const legend = values['no-legend'] !== true;
    if (shown.length > 0) printImages(context.output, shown, legend);
    if (legend) context.output.write(shown.length === 0 ? 'No images.\n' : `\n${shown.length} images listed.\n`);
    return 0;
  },
};

const HEADING = ['NAME', 'TYPE', 'RO', 'USAGE', 'CREATED', 'MODIFIED'];

function printImages(output: Output, shown: readonly Image[], legend: boolean): void {
  // As machinectl has it: at the right, and nothing where it is not known.
  const usages = shown.map(({ usage }) => (typeof usage === 'number' ? bytesText(usage) : ''));
  const width = Math.max(legend ? 'USAGE'.length : 1, ...usages.map(({ length }) => length));
  const rows = shown.map((image, index): Lines[] => [
    image.name,
    image.type,
    image.readOnly ? 'yes' : 'no',
    (usages[index] ?? '').padStart(width),
    image.creationTimestamp ? momentText(image.creationTimestamp) : '',
    image.modificationTimestamp ? momentText(image.modificationTimestamp) : '',
  ]);
  printTable(output, legend ? HEADING : undefined, rows);
}

/** `10M`, `1.5K`, as systemd writes it: rounded down. */
function bytesText(bytes: number): string {
  for (const [index, unit] of ['E', 'P', 'T', 'G', 'M', 'K'].entries()) {
    const size = 1024 ** (6 - index);
    if (bytes < size) continue;
    const tenths = Math.floor(((bytes % size) * 10) / size);
    return `${Math.floor(bytes / size)}${tenths > 0 ? `.${tenths}` : ''}${unit}`;
  }
  return `${bytes}B`;
}
