import type { RuntimePaths } from '../../machine/runtime-directory.ts';
import { EmbeddedSource, type EmbeddedSourceParts } from '../../sources/embedded/embedded-source.ts';
import { StateDirectory } from '../../sources/embedded/state-directory.ts';
import type { Log } from '../log/log.ts';

/** What the registry's own machines are kept with. */
export interface EmbeddedParts extends Omit<EmbeddedSourceParts, 'states'> {
  readonly paths: Pick<RuntimePaths, 'states'>;
  readonly log: Log;
}

/** The registry's own source, with the machines of an earlier run. @throws errors of node:fs; nothing is left open then */
export function openEmbedded({ paths, log, ...parts }: EmbeddedParts): EmbeddedSource {
  const source = new EmbeddedSource({ ...parts, states: new StateDirectory(paths.states, parts.onProblem) });
  try {
    source.restore();
  } catch (error) {
    source.close();
    throw error;
  }
  const count = [...parts.registry].filter((machine) => machine.class !== 'host').length;
  if (count > 0) log.info('machines restored', { count });
  return source;
}
