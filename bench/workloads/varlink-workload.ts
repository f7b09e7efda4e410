import { compareAnswers } from '../answers.ts';
import { type Generator, generate } from '../load/generator.ts';
import type { BenchMachine } from '../machines.ts';
import type { Target } from '../targets/target.ts';
import type { Workload } from './workload.ts';

/** A workload of Varlink calls to one socket. */
export interface VarlinkWorkload {
  readonly name: string;
  /** The socket's path below a target's runtime directory. */
  readonly socket: string;
  /** Each call over a connection of its own. */
  readonly once?: boolean;
  /** The calls to load with, all of which succeed. */
  calls(machines: readonly BenchMachine[]): readonly string[];
  /** Further calls whose answers are compared, such as those that must fail. */
  probes(machines: readonly BenchMachine[]): readonly string[];
}

/** A workload that a closed-loop generator of Varlink calls runs. */
export function varlinkWorkload(
  generator: Generator,
  { name, socket, once = false, calls, probes }: VarlinkWorkload,
): Workload {
  const protocol = once ? 'varlink-once' : 'varlink';
  const path = ({ runtimeDirectory }: Target) => `${runtimeDirectory}/${socket}`;
  return {
    name,
    protocol,
    prepare(machines) {
      const questions = calls(machines);
      const text = questions.map((call) => `${call}\0`).join('');
      return {
        compare: (reference, candidate) =>
          compareAnswers({ reference: path(reference), candidate: path(candidate) }, [
            ...questions.slice(0, COMPARED),
            ...probes(machines),
          ]),
        run: (target, load) => generate(generator, { ...load, protocol, socket: path(target), calls: text }),
      };
    },
  };
}

// The calls are in random order, so the first ones are a sample.
const COMPARED = 200;
