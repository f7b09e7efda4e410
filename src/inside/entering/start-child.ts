import { spawn } from 'node:child_process';
import { forkOptions } from '../../linux/fork.ts';
import type { ProgramStarter } from './entering-process.ts';

/** The command line of program.ts. @param program its path, as built */
export function programCommand(program: string): readonly [string, ...string[]] {
  return [process.execPath, ...forkOptions, program];
}

/** Starts it as a child of this process. @param program its path, as built */
export function childStarter(program: string): ProgramStarter {
  return async (input) => {
    const [node, ...parameters] = programCommand(program);
    const child = spawn(node, parameters, { stdio: [input, 'ignore', 'ignore'], env: {}, cwd: '/' });
    // That it could not be started shows in its end of the connection, which nobody has then.
    child.on('error', () => {});
    child.unref();
    // Of one that could not be started Node would kill process 0, which is all of our own process group.
    return () => child.pid !== undefined && child.kill('SIGKILL');
  };
}
