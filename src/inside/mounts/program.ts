import { errnoText } from '../../linux/libc.ts';
import { hear, say } from '../../programs/standard-input.ts';
import { bindMount } from './bind-mount.ts';
import { LeaderEnded } from './leader.ts';
import type { MountAnswer, MountQuestion } from './question.ts';

/**
 * The program of a process of its own: it goes to the host's mounts and then to a container's, from where there is no
 * way back, and where a file system may never answer.
 */
const line = hear();
if (line !== undefined) say(JSON.stringify(answer(JSON.parse(line) as MountQuestion)));

function answer(question: MountQuestion): MountAnswer {
  try {
    bindMount(question);
    return { done: true };
  } catch (error) {
    if (error instanceof LeaderEnded) return { ended: true };
    const { errno, code } = error as NodeJS.ErrnoException;
    // That of node:fs is negative.
    if (errno === undefined || code === undefined) throw error;
    return { errno: Math.abs(errno), code, text: errnoText(Math.abs(errno)) };
  }
}
