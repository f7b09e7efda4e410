import { hostRoot } from '../../linux/host-root.ts';
import type { RootDirectory } from '../../linux/root-directory.ts';
import { heard, say } from '../../programs/standard-input.ts';
import { discover, findImage } from './discover.ts';
import { readMetadata } from './metadata.ts';
import { readPool } from './pool.ts';
import { answerText, type ImageAnswer, type ImageQuestion } from './question.ts';

/**
 * The program of a process of its own, started by image-process.ts: images can be on a file system of the network, and
 * whoever looks at something there may wait for ever.
 */
for (const line of heard()) say(answerText(answer(JSON.parse(line) as ImageQuestion)));

function answer(question: ImageQuestion): ImageAnswer {
  let root: RootDirectory | undefined;
  try {
    root = hostRoot();
    return look(root, question);
  } catch (error) {
    const { errno = 5, code = 'EIO', message } = error as NodeJS.ErrnoException;
    return { failure: { errno: Math.abs(errno), code, message } };
  } finally {
    root?.close();
  }
}

function look(root: RootDirectory, question: ImageQuestion): ImageAnswer {
  switch (question.wanted) {
    case 'list':
      return { images: [...discover(root).values()].sort(byName) };
    case 'find': {
      const image = findImage(root, question.name);
      return image === undefined ? {} : { image };
    }
    case 'metadata':
      return { metadata: readWithin(root, question.path) };
    case 'pool':
      return { pool: readPool(root) };
  }
}

function readWithin(root: RootDirectory, path: string): ReturnType<typeof readMetadata> {
  const directory = root.directory(path);
  try {
    return readMetadata(directory);
  } finally {
    directory.close();
  }
}

function byName({ name: a }: { readonly name: string }, { name: b }: { readonly name: string }): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
