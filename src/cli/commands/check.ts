import { description } from '../../frontends/registry/io.github.mymachines.Registry.ts';
import { jsonMode, outputOptions } from '../arguments.ts';
import { type CheckLine, registryLines } from '../check-text.ts';
import type { Command } from '../command.ts';
import { connect, explain, TIMEOUT } from '../connection.ts';
import { printJson, printTable } from '../output.ts';

/** `mymachines check`: io.github.mymachines.Registry.Check, in words and with what to do. */
export const check: Command = {
  synopsis: '',
  summary:
    'Tells what is wrong with the machines and their names, and how to mend it. Ends with 0 when all is well, 3 with ' +
    'warnings, 4 with failures, 1 when it could not look.',
  options: outputOptions,
  operands: [0, 0],
  async run({ values }, context) {
    const mode = jsonMode(values);
    const { client } = await connect(values, context, 'machineSocket');
    const reply = await client
      .use(description)
      .call('Check', {}, { timeout: TIMEOUT })
      .catch((error) => Promise.reject(explain(error, '')))
      .finally(() => client.close());
    const lines = registryLines(reply);
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
