import type { Command } from '../command.ts';
import { NotFoundError } from '../failures.ts';
import { applyUninstall } from '../install/apply.ts';
import { disableCommand } from '../install/hints.ts';
import { readManifest } from '../install/manifest.ts';
import { installOptions, readInstallOptions } from '../install/options.ts';
import { planUninstall } from '../install/plan.ts';
import { printSteps } from '../install/report.ts';

/** `mymachines uninstall`: takes away what `mymachines install` put in place. */
export const uninstall: Command = {
  synopsis: '[--prefix=/usr] [--root=DIR] [--dry-run]',
  summary: 'Takes away what install put in place, except for files that were changed since.',
  options: installOptions,
  operands: [0, 0],
  async run({ values }, { output }) {
    const { prefix, target, dryRun } = readInstallOptions(values);
    const manifest = readManifest(target, prefix);
    if (manifest === undefined) throw new NotFoundError(`Nothing is installed below ${prefix}.`);
    const command = disableCommand(target, prefix);
    if (command !== undefined) throw new Error(`it is enabled; first: ${command}`);
    const steps = planUninstall(target, manifest);
    if (!dryRun) applyUninstall(target, prefix, steps, manifest);
    printSteps(output, steps, dryRun);
    return 0;
  },
};
