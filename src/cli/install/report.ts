import type { Output } from '../output.ts';
import type { Step } from './plan.ts';

const done = { install: 'installed', replace: 'replaced', remove: 'removed', keep: 'unchanged', leave: 'left' };
const planned = {
  install: 'would install',
  replace: 'would replace',
  remove: 'would remove',
  keep: 'is there',
  leave: 'would leave',
};

/** Prints what was done about each file, or would be done. */
export function printSteps(output: Output, steps: readonly Step[], dryRun: boolean): void {
  const words = dryRun ? planned : done;
  const width = Math.max(...Object.values(words).map(({ length }) => length));
  for (const { path, action, reason } of steps) {
    output.write(`${words[action].padEnd(width)} ${path}${reason === undefined ? '' : ` (${reason})`}\n`);
  }
}
