import { constants, type FSWatcher, statSync, watch } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Which files, and who hears of them. */
export interface WatchedFilesOptions {
  readonly directory: string;
  /** Whether a file of that name is to be read. */
  wanted(name: string): boolean;
  /** A file has this text now; undefined: it is gone. Told once for each content. */
  changed(name: string, text: string | undefined): void;
  /**
   * All files have been looked at: for the first time, or because somebody wrote in the directory, maybe the same as
   * before.
   */
  looked?(): void;
  /** The directory or a file cannot be read. Told once until it can. */
  problem(error: Error): void;
}

/**
 * Files of a directory that others write, read ahead of whoever wants to know: at first and whenever they change, are
 * replaced by a rename, or appear with the directory itself (inotify(7)). Reading is done outside the event loop.
 */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  readonly #known = new Map<string, { readonly version: string; readonly text: string }>();
  /** Those that are to be read whatever their times say. */
  readonly #named = new Set<string>();
  readonly #reported = new Map<string, string>();
  #watcher: { readonly path: string; readonly inode: bigint; readonly watcher: FSWatcher } | undefined;
  #timer: { readonly at: number; readonly timeout: NodeJS.Timeout } | undefined;
  #scanning = false;
  #again = false;
  #noted = true;
  #closed = false;

  constructor(options: WatchedFilesOptions) {
    this.#options = options;
    this.#scheduleScan(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer?.timeout);
    this.#watcher?.watcher.close();
  }

  // Who writes a file in place does it in several steps.
  #scheduleScan(delay = DEBOUNCE): void {
    const at = performance.now() + delay;
    if (this.#closed || (this.#timer !== undefined && this.#timer.at <= at)) return;
    clearTimeout(this.#timer?.timeout);
    const timeout = setTimeout(() => {
      this.#timer = undefined;
      void this.#scan();
    }, delay);
    this.#timer = { at, timeout: timeout.unref() };
  }

  async #scan(): Promise<void> {
    if (this.#scanning) {
      this.#again = true;
      return;
    }
    this.#scanning = true;
    try {
      // First the watch: what changes after the reading is told then.
      this.#watch();
      const names = await this.#names();
      for (const name of this.#known.keys()) {
        if (names.has(name) || this.#closed) continue;
        this.#known.delete(name);
        this.#options.changed(name, undefined);
      }
      for (const name of names) if (!this.#closed) await this.#read(name);
      if (this.#noted && !this.#closed) {
        this.#noted = false;
        this.#options.looked?.();
      }
    } finally {
      this.#scanning = false;
      this.#scheduleScan(this.#again ? DEBOUNCE : RECHECK);
      this.#again = false;
    }
  }

  /** Watches the directory, or what is there of the way to it. */
  #watch(): void {
    const { directory } = this.#options;
    for (let path = directory; !this.#closed; path = dirname(path)) {
      try {
        const { ino: inode } = statSync(path, { bigint: true });
        if (this.#watcher?.path !== path || this.#watcher.inode !== inode) {
          const watcher = watch(path, { persistent: false }, (_event, name) => this.#note(path, name));
          watcher.on('error', () => this.#scheduleScan());
          this.#watcher?.watcher.close();
          this.#watcher = { path, inode, watcher };
          // It may have been made a moment ago.
          if (path !== directory) this.#scheduleScan();
        }
        this.#reported.delete(WATCH);
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if ((code === 'ENOENT' || code === 'ENOTDIR') && path !== dirname(path)) continue;
        this.#report(WATCH, new Error(`${path} cannot be watched`, { cause: error }));
        // No inotify watches left (ENOSPC), or we may not see it.
        this.#scheduleScan(RETRY);
        return;
      }
    }
  }

  #note(path: string, name: string | null): void {
    this.#noted = true;
    if (path !== this.#options.directory || name === null) this.#scheduleScan();
    else if (this.#options.wanted(name)) {
      this.#named.add(name);
      this.#scheduleScan();
    } else if (this.#isGone(path)) this.#scheduleScan();
  }

  #isGone(path: string): boolean {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino !== this.#watcher?.inode;
  }

  async #names(): Promise<ReadonlySet<string>> {
    try {
      const names = (await readdir(this.#options.directory)).filter((name) => this.#options.wanted(name));
      if (names.length <= MAXIMUM_FILES) {
        this.#reported.delete(LIST);
        return new Set(names);
      }
      this.#report(
        LIST,
        new Error(`${this.#options.directory} has more than ${MAXIMUM_FILES} files: not all are read`),
      );
      return new Set(names.sort().slice(0, MAXIMUM_FILES));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#report(LIST, error as Error);
      return new Set();
    }
  }

  async #read(name: string): Promise<void> {
    const known = this.#known.get(name);
    try {
      const force = this.#named.delete(name);
      const read = await readStable(join(this.#options.directory, name), force ? undefined : known?.version);
      if (read === 'same' || this.#closed) return;
      if (read === 'unstable') {
        this.#named.add(name);
        this.#scheduleScan();
        return;
      }
      this.#known.set(name, read);
      this.#reported.delete(name);
      if (read.text !== known?.text) this.#options.changed(name, read.text);
    } catch (error) {
      if (this.#closed) return;
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!gone) this.#report(name, error as Error);
      // What it said last is no better than nothing.
      if (this.#known.delete(name)) this.#options.changed(name, undefined);
    }
  }

  #report(name: string, error: Error): void {
    if (this.#reported.get(name) === error.message) return;
    this.#reported.set(name, error.message);
    this.#options.problem(error);
  }
}

/** What a file is, read while nobody was writing it. Waits for nobody, whatever has the name. */
async function readStable(
  path: string,
  version: string | undefined,
): Promise<{ version: string; text: string } | 'same' | 'unstable'> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) throw new Error(`${path} is no regular file`);
    if (before.size > MAXIMUM_SIZE) throw new Error(`${path} is longer than ${MAXIMUM_SIZE} bytes`);
    const stamp = `${before.dev} ${before.ino} ${before.size} ${before.mtimeNs}`;
    if (stamp === version) return 'same';
    const buffer = Buffer.alloc(Number(before.size) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const after = await file.stat({ bigint: true });
    if (after.mtimeNs !== before.mtimeNs || after.size !== before.size || bytesRead !== Number(before.size)) {
      return 'unstable';
    }
    return { version: stamp, text: buffer.toString('utf8', 0, bytesRead) };
  } finally {
    await file.close();
  }
}

// What can be reported besides a file; no file has such a name.
const WATCH = '/watch';
const LIST = '/list';
// Milliseconds
const DEBOUNCE = 20;
const RETRY = 10_000;
// Nothing tells that a directory above was renamed, or is hidden by a mount.
const RECHECK = 60_000;
const MAXIMUM_FILES = 4096;
// Bytes. dnsmasq keeps 1000 leases unless told otherwise, of some 80 bytes each.
const MAXIMUM_SIZE = 4n * 1024n * 1024n;
