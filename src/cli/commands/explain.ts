import { description, type Methods } from '../../frontends/registry/io.github.mymachines.Registry.ts';
import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { connect, explain as explainError, TIMEOUT } from '../connection.ts';
import { obstacleText, verdictText } from '../explanation-text.ts';
import { type Lines, printFields, printJson, printTable } from '../output.ts';

type Explanation = Methods['Explain']['reply'];
type Interface = Explanation['interfaces'][number];

/** `mymachines explain NAME`: io.github.mymachines.Registry.Explain. */
export const explain: Command = {
  synopsis: 'NAME',
  summary:
    'Shows every address of a machine that was seen, why it is given out or is not, and what else is in the way.',
  options: outputOptions,
  operands: [1, 1],
  async run({ operands, values }, context) {
    const [name = ''] = operands;
    const mode = jsonMode(values);
    const { client } = await connect(values, context, 'machineSocket');
    const explanation = await client
      .use(description)
      .call('Explain', { name }, { timeout: TIMEOUT })
      .catch((error) => Promise.reject(explainError(error, name)))
      .finally(() => client.close());
    if (mode !== 'off') {
      printJson(context.output, explanation, mode);
      return 0;
    }
    const legend = values['no-legend'] !== true;
    if (legend) context.output.write(`${explanation.name}\n`);
    printFields(context.output, fields(explanation));
    if (explanation.addresses.length > 0) {
      context.output.write('\n');
      printTable(context.output, legend ? HEADING : undefined, explanation.addresses.map(row));
    }
    return 0;
  },
};

const HEADING = ['ADDRESS', 'INTERFACE', 'HOST', 'SCOPE', 'SOURCE', 'USED', 'WHY'];

function row({
  address,
  prefixLength,
  interfaceInside,
  interfaceOnHost,
  scope,
  source,
  verdict,
}: Explanation['addresses'][number]): Lines[] {
  return [
    `${address}/${prefixLength}`,
    interfaceInside ? interfaceText(interfaceInside) : '',
    interfaceOnHost ? interfaceText(interfaceOnHost) : '',
    scope,
    source.replaceAll('_', '-'),
    verdict === 'chosen' ? 'yes' : 'no',
    verdictText(verdict, source, interfaceOnHost !== undefined && interfaceOnHost !== null),
  ];
}

function fields(explanation: Explanation): (readonly [string, Lines | undefined])[] {
  const { service, interfaces, uidMap, gidMap, uidShift, shortName, userOverlaps, groupOverlaps, obstacles } =
    explanation;
  const users = uidMap.map(mapText);
  const groups = gidMap.map(mapText);
  const alike = users.join() === groups.join();
  return [
    ['Class', explanation.class],
    ['Service', service ?? undefined],
    ['Leader', String(explanation.leader)],
    ['Registered interfaces', interfaces.map(interfaceText)],
    [alike ? 'User and group ids' : 'User ids', users],
    ['Group ids', alike ? [] : groups],
    ['UID Shift', uidShift === undefined || uidShift === null ? undefined : String(uidShift)],
    ['Users and groups named', shortName ? shortNameText(shortName) : undefined],
    ['Users claimed twice', userOverlaps.map(overlapText)],
    ['Groups claimed twice', groupOverlaps.map(overlapText)],
    ['In the way', obstacles.map(obstacleText)],
  ];
}

/** `host0 (2)`; the index alone where it has no name. */
function interfaceText({ index, name }: Interface): string {
  return name ? `${name} (${index})` : `(${index})`;
}

function mapText({ inside, outside, count }: Explanation['uidMap'][number]): string {
  return `${range(inside, count)} inside: ${range(outside, count)}`;
}

function shortNameText({ name, from }: NonNullable<Explanation['shortName']>): string {
  return `vu-${name}-N and vg-${name}-N${from > 0 ? ` from ${from} on` : ''}`;
}

function overlapText({ start, count, machines }: Explanation['userOverlaps'][number]): string {
  const [first, ...others] = machines;
  return `${range(start, count)}: ${first} before ${others.join(', ')}`;
}

function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${start}-${start + count - 1}`;
}
