import { resolve } from 'node:path';
import { type Arguments, outputOptions } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { explain } from '../connection.ts';
import { showElapsed } from '../elapsed.ts';
import type { RegistryClient } from '../registry-client.ts';
import { withRegistry } from '../registry-client.ts';

const runtimeOption = { 'runtime-dir': outputOptions['runtime-dir'] as { type: 'string' } };
const copyOptions = { ...runtimeOption, force: { type: 'boolean' }, quiet: { type: 'boolean', short: 'q' } } as const;

/** `mymachines copy-to NAME PATH [PATH]`: io.systemd.Machine.CopyTo, as machinectl has it. */
export const copyTo: Command = {
  synopsis: '[--force] NAME PATH [PATH-INSIDE]',
  summary: 'Copies files of the host into a container.',
  options: copyOptions,
  operands: [2, 3],
  run({ operands: [name = '', source = '', destination], values }, context) {
    const from = resolve(source);
    const parameters = { source: from, destination: destination ?? from, replace: values['force'] === true };
    return ask(values, context, name, 'Copying', (client) => client.call('CopyTo', { name, ...parameters, ...ASKING }));
  },
};

/** `mymachines copy-from NAME PATH [PATH]`: io.systemd.Machine.CopyFrom, as machinectl has it. */
export const copyFrom: Command = {
  synopsis: '[--force] NAME PATH-INSIDE [PATH]',
  summary: 'Copies files of a container to the host.',
  options: copyOptions,
  operands: [2, 3],
  run({ operands: [name = '', source = '', destination], values }, context) {
    const to = destination === undefined ? source : resolve(destination);
    const parameters = { source, destination: to, replace: values['force'] === true };
    return ask(values, context, name, 'Copying', (client) =>
      client.call('CopyFrom', { name, ...parameters, ...ASKING }),
    );
  },
};

/** `mymachines bind NAME PATH [PATH]`: io.systemd.Machine.BindMount, as machinectl has it. */
export const bind: Command = {
  synopsis: '[--read-only] [--mkdir] NAME PATH [PATH-INSIDE]',
  summary: 'Has a file or directory of the host seen in a container, too.',
  options: { ...runtimeOption, 'read-only': { type: 'boolean' }, mkdir: { type: 'boolean' } },
  operands: [2, 3],
  run({ operands: [name = '', source = '', destination], values }, context) {
    const from = resolve(source);
    const flags = { readOnly: values['read-only'] === true, mkdir: values['mkdir'] === true };
    const parameters = { source: from, destination: destination ?? from, ...flags };
    return ask(values, context, name, 'Mounting', (client) =>
      client.call('BindMount', { name, ...parameters, ...ASKING }),
    );
  },
};

/** Whoever may do it with a password is asked for it, where somebody asks. */
const ASKING = { allowInteractiveAuthentication: true };

async function ask(
  values: Arguments['values'],
  context: Context,
  name: string,
  doing: string,
  call: (client: RegistryClient) => Promise<unknown>,
): Promise<number> {
  const stop = values['quiet'] === true ? () => {} : showElapsed(process.stderr, doing);
  try {
    await withRegistry(values, context, (client, service) =>
      call(client).catch((error) => Promise.reject(explain(error, name, service))),
    );
  } finally {
    stop();
  }
  return 0;
}
