import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * How many bytes of content there are below a path, without holes and what may not be read; each file
 * once, whatever its links. Undefined when the signal aborts, or when there is nothing there.
 */
export async function measure(path: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return await measureTree(path, signal, new Set());
  } catch {
    return undefined;
  }
}

async function measureTree(path: string, signal: AbortSignal, seen: Set<string>): Promise<number> {
  signal.throwIfAborted();
  const status = await lstat(path);
  if (status.isFile()) {
    const { dev, ino, nlink, size, blocks } = status;
    const file = `${dev}:${ino}`;
    if (nlink > 1 && seen.has(file)) return 0;
    if (nlink > 1) seen.add(file);
    return Math.min(size, blocks * 512);
  }
  if (!status.isDirectory()) return 0;
  let sum = 0;
  for await (const { name } of await opendir(path)) {
    sum += await measureTree(join(path, name), signal, seen).catch((error) => {
      if (signal.aborted) throw error;
      return 0;
    });
  }
  return sum;
}
