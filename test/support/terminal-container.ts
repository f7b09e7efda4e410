import { startProcess, stop, untilRuns } from '../linux/process-tree.ts';

/** A process with a /dev of its own. */
export interface TerminalContainer {
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts a process in a mount namespace of its own, whose /dev is empty but for a devpts of its own at /dev/pts. Needs
 * root.
 * @param prepare a shell command that puts something there: by default the link that containers have
 * @param options of that devpts
 */
export async function startTerminalContainer(
  prepare = 'ln -s pts/ptmx /dev/ptmx',
  options = 'newinstance,ptmxmode=0666',
): Promise<TerminalContainer> {
  const script = `
    mount -t tmpfs tmpfs /dev && mkdir /dev/pts && mount -t devpts -o ${options} devpts /dev/pts &&
    { ${prepare}; } && exec sleep 1000`;
  const child = startProcess('unshare', ['--mount', 'sh', '-c', script]);
  try {
    await untilRuns(child.pid, 'sleep');
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { pid: child.pid, stop: () => stop(child) };
}
