import { type SourceName, sourceNames } from '../machine/machine-source.ts';
import type { Arguments, OptionSpec } from './arguments.ts';
import { UsageError } from './failures.ts';

/** What `mymachines serve` takes for the sources of machines. */
export const sourceOption: Readonly<Record<string, OptionSpec>> = { source: { type: 'string', multiple: true } };

/** At least one, each once, in the order given. */
export type ChosenSources = readonly [SourceName, ...SourceName[]];

/** Undefined where none is given. @throws UsageError for what is no source, or is given twice */
export function chosenSources({ source }: Arguments['values']): ChosenSources | undefined {
  const asked = Array.isArray(source) ? source.map(String) : [];
  const wrong = asked.find((name, at) => !isSourceName(name) || asked.indexOf(name) < at);
  if (wrong !== undefined) {
    throw new UsageError(`--source= takes ${sourceNames.join(' or ')}, each once, not '${wrong}'`);
  }
  const [first, ...others] = asked.filter(isSourceName);
  return first && [first, ...others];
}

function isSourceName(name: string): name is SourceName {
  return (sourceNames as readonly string[]).includes(name);
}
