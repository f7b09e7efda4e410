import { forkOptions } from '../../linux/fork.ts';
import { type Program, startProgram } from '../../programs/running-program.ts';
import type { ProgramStarter } from './entering-process.ts';

/** What program.ts is started with. */
export const enteringOptions: Pick<Program, 'options' | 'environment'> = { options: forkOptions, environment: {} };

/** Starts it as a child of this process. */
export function childStarter(program: Program): ProgramStarter {
  return async (input) => {
    const child = await startProgram({ ...program, ...enteringOptions }, input);
    return () => child.kill();
  };
}
