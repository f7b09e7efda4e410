import { constants } from 'node:fs';
import { posix } from 'node:path';
import { rootOfInit } from '../../linux/host-root.ts';
import { openPlainDirectory } from '../../linux/plain-path.ts';
import { RootDirectory } from '../../linux/root-directory.ts';
import { poolPath } from '../reading/search-path.ts';
import { about } from './change-error.ts';
import type { ChangedImage } from './job.ts';

/** The host's files, and never those of the process's own mount namespace. What is opened stays so until it ends. */
export class Host {
  readonly root: RootDirectory;
  /** A descriptor of the same. */
  readonly descriptor: number;
  /** Where its mounts are listed, and what it is called there. */
  readonly mounts: { readonly file: string; readonly prefix: string };

  /** @param path of its root; absent: what PID 1 has as such */
  constructor(path?: string) {
    this.root = path === undefined ? rootOfInit() : RootDirectory.ofPath(path);
    this.descriptor = this.root.open();
    const file = `/proc/${path === undefined ? 1 : 'self'}/mountinfo`;
    this.mounts = { file, prefix: path ?? '' };
  }

  /** The directory that an image is in, and what it is called there. No part of its path may be a link (any more). */
  placeOf({ path }: Pick<ChangedImage, 'path'>): Place {
    const { dir, base } = posix.parse(path);
    try {
      return { directory: openPlainDirectory(this.descriptor, dir), path: dir, name: Buffer.from(base) };
    } catch (error) {
      throw about(dir, error);
    }
  }

  /** Where images are made. Links are followed, as the administrator may have it elsewhere. */
  pool(): number {
    return this.directory(poolPath);
  }

  /** A directory, by a path in which links are followed, below the root. */
  directory(path: string): number {
    try {
      return this.root.open(path);
    } catch (error) {
      throw about(path, error);
    }
  }
}

/** A file that is there, or is to be: by the directory that has it. */
export interface Place {
  /** A descriptor that can be read from. */
  readonly directory: number;
  /** Of the directory. */
  readonly path: string;
  readonly name: Buffer;
}

/** Flags of open(2): reads, waits for nobody at the other end, and is nobody's terminal. */
export const LOOK_INTO: number = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
