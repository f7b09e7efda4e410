import type { Command } from '../command.ts';
import { applyInstall } from '../install/apply.ts';
import { changeableByOthers } from '../install/exposure.ts';
import { installedFiles, policyPath } from '../install/files.ts';
import { disableCommand, nextSteps } from '../install/hints.ts';
import { readManifest } from '../install/manifest.ts';
import { installOptions, readInstallOptions } from '../install/options.ts';
import { planInstall, textOfOthers } from '../install/plan.ts';
import { printSteps } from '../install/report.ts';
import { program } from '../package-files.ts';

/** `mymachines install`: the files with which a system starts the daemon and lets others talk to it. */
export const install: Command = {
  synopsis: '[--prefix=/usr] [--root=DIR] [--beside] [--dry-run]',
  summary:
    'Puts units, D-Bus and polkit files and a completion for bash in place; enables and starts nothing. With --beside one unit, to run beside ' +
    'systemd-machined and not in its place.',
  options: { ...installOptions, beside: { type: 'boolean' } },
  operands: [0, 0],
  async run({ values }, { output }) {
    const { prefix, target, dryRun } = readInstallOptions(values);
    const openrc = target.hasProgram('openrc-run');
    const manifest = readManifest(target, prefix);
    const beside = values['beside'] === true;
    const otherPolicy = textOfOthers(target, policyPath(prefix), manifest);
    const files = installedFiles({ prefix, node: process.execPath, program, openrc, beside, otherPolicy });
    const steps = planInstall(target, files, manifest);
    // What enables a unit stays, and leads nowhere then.
    const withdrawn = steps.some(({ path, action }) => action === 'remove' && path.includes('/systemd/system/'));
    const disable = withdrawn ? disableCommand(target, prefix) : undefined;
    if (disable !== undefined) throw new Error(`it is enabled in the place of systemd-machined; first: ${disable}`);
    if (!dryRun) applyInstall(target, prefix, steps, manifest);
    printSteps(output, steps, dryRun);
    for (const started of [process.execPath, program]) {
      const changeable = changeableByOthers(started);
      if (changeable === undefined) continue;
      output.write(`Beware: the service runs ${started} as root, and others than root can change ${changeable}\n`);
    }
    if (!dryRun) output.write(`${nextSteps(target, { openrc, beside }).join('\n')}\n`);
    return 0;
  },
};
