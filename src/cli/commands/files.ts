import { resolve } from 'node:path';
import { type Arguments, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { explain } from '../connection.ts';
import { type CopyParameters, copyFiles } from '../copy-files.ts';
import { ProgressLine } from '../progress-line.ts';
import { withRegistry } from '../registry-client.ts';

const runtimeOption = { 'runtime-dir': outputOptions['runtime-dir'] as { type: 'string' } };
const quietOption = { quiet: { type: 'boolean', short: 'q' } } as const;
const copyOptions = { ...runtimeOption, ...quietOption, force: { type: 'boolean' } } as const;

/** `mymachines copy-to NAME PATH [PATH]`: io.systemd.Machine.CopyTo, as machinectl has it. */
export const copyTo: Command = {
  synopsis: '[--force] [-q] NAME PATH [PATH-INSIDE]',
  summary: 'Copies files of the host into a container.',
  options: copyOptions,
  operands: [2, 3],
  async run({ operands: [name = '', path = '', inside], values }, context) {
    const source = resolve(path);
    await withLine(values, 'Copying', (line) =>
      copyFiles(values, context, parameters('to', name, source, inside ?? source, values), line),
    );
    return 0;
  },
};

/** `mymachines copy-from NAME PATH [PATH]`: io.systemd.Machine.CopyFrom, as machinectl has it. */
export const copyFrom: Command = {
  synopsis: '[--force] [-q] NAME PATH-INSIDE [PATH]',
  summary: 'Copies files of a container to the host.',
  options: copyOptions,
  operands: [2, 3],
  async run({ operands: [name = '', source = '', path], values }, context) {
    const destination = path === undefined ? source : resolve(path);
    await withLine(values, 'Copying', (line) =>
      copyFiles(values, context, parameters('from', name, source, destination, values), line),
    );
    return 0;
  },
};

/** `mymachines bind NAME PATH [PATH]`: io.systemd.Machine.BindMount, as machinectl has it. */
export const bind: Command = {
  synopsis: '[--read-only] [--mkdir] [-q] NAME PATH [PATH-INSIDE]',
  summary: 'Has a file or directory of the host seen in a container, too.',
  options: { ...runtimeOption, ...quietOption, 'read-only': { type: 'boolean' }, mkdir: { type: 'boolean' } },
  operands: [2, 3],
  async run({ operands: [name = '', path = '', inside], values }, context) {
    const source = resolve(path);
    const asked = {
      name,
      source,
      destination: inside ?? source,
      readOnly: values['read-only'] === true,
      mkdir: values['mkdir'] === true,
      allowInteractiveAuthentication: true,
    };
    await withLine(values, 'Mounting', () =>
      withRegistry(values, context, (client, service) =>
        client.call('BindMount', asked).catch((error) => Promise.reject(explain(error, name, service))),
      ),
    );
    return 0;
  },
};

function parameters(
  direction: CopyParameters['direction'],
  name: string,
  source: string,
  destination: string,
  values: Arguments['values'],
): CopyParameters {
  const replace = values['force'] === true;
  return { direction, name, source, destination, replace, allowInteractiveAuthentication: true };
}

/** Has a line say how far it has got, where somebody sees it. */
async function withLine<T>(
  values: Arguments['values'],
  doing: string,
  act: (line: ProgressLine | undefined) => Promise<T>,
): Promise<T> {
  const seen = values['quiet'] !== true && process.stderr.isTTY;
  const line = seen ? new ProgressLine(process.stderr, doing) : undefined;
  try {
    return await act(line);
  } finally {
    line?.end();
  }
}
