import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { BoundedQueue } from '../../inside/bounded-queue.ts';
import { openMemoryFile } from '../../linux/memory-file.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { Image, ImageMetadata } from '../../machine/images.ts';
import type { WaitingCaller } from '../../machine/operations.ts';
import type { TransientServices } from '../../machine/transient-services.ts';
import { dissectProperties, MAXIMUM_OUTPUT, PATIENCE } from './dissect-properties.ts';
import { type Dissection, readDissection } from './dissection.ts';

/**
 * Looks into raw files and block devices, by systemd-dissect: that makes a block device of a file, looks for partitions
 * and mounts them, which this process may not. It runs as a service of the host's systemd, a few at a time.
 */
export class DiskReader {
  readonly #services: TransientServices | undefined;
  readonly #program: string;
  readonly #queue = new BoundedQueue({ atOnce: 4, atOnceOfUsers: 3, ofUser: 32, inAll: 256 }, tooMany);
  /** By which its units are told from those of other processes. */
  readonly #run = randomBytes(4).toString('hex');
  #count = 0;
  /** There may be some that end only when a device answers. */
  #someHang = false;

  /** @param services absent: there is no systemd @param program where systemd-dissect is (Debian: systemd-container) */
  constructor(services: TransientServices | undefined, program = '/usr/bin/systemd-dissect') {
    this.#services = services;
    this.#program = program;
  }

  /**
   * @throws SystemFailure EOPNOTSUPP where there is no systemd or no systemd-dissect, and as {@link readDissection}; MachineError
   * `timed-out`, `limits-exceeded`
   */
  metadata({ path }: Pick<Image, 'path'>, asker: WaitingCaller): Promise<ImageMetadata> {
    return this.#queue.run(asker, async () => {
      if (!existsSync(this.#program)) throw notSupported(`there is no ${this.#program}`);
      if (this.#services === undefined) throw notSupported('there is no systemd to run systemd-dissect');
      return readDissection(await this.#dissect(this.#services, path));
    });
  }

  async #dissect(services: TransientServices, path: string): Promise<Dissection> {
    if (this.#someHang) {
      const { length } = await services.list(PREFIX);
      if (length >= MAXIMUM_HANGING) throw new MachineError('timed-out', `${length} disks do not answer`);
      this.#someHang = length > 0;
    }
    const output = openMemoryFile('output');
    const error = openMemoryFile('error');
    try {
      const done = await this.#start(services, path, { output, error });
      return { done, output: readAll(output), errorOutput: readAll(error) };
    } finally {
      for (const descriptor of [output, error]) closeSync(descriptor);
    }
  }

  async #start(services: TransientServices, path: string, to: { output: number; error: number }): Promise<boolean> {
    try {
      const started = await services.start({
        unit: `${PREFIX}${this.#run}-${++this.#count}.service`,
        description: `Look into Image ${path}`,
        command: [this.#program, '--json=short', '--no-pager', '--read-only', path],
        openDescriptors: () => ({ output: openToAppend(to.output), error: openToAppend(to.error) }),
        properties: dissectProperties,
        patience: PATIENCE,
      });
      if (!started) throw notSupported('there is no systemd to run systemd-dissect');
      return true;
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      if (error.code === 'timed-out') this.#someHang = true;
      if (error.code !== 'unit-failed') throw error;
      // It ended with an error, or systemd did not start it.
      if (error.cause !== undefined) throw new SystemFailure(EIO, 'EIO', error.message, { cause: error });
      return false;
    }
  }
}

/** What it says of no more than so many disks is wanted at one time, those included that it does not end with. */
const MAXIMUM_HANGING = 8;
const PREFIX = 'mymachines-dissect-';

const EIO = 5;
const EOPNOTSUPP = 95;

function openToAppend(descriptor: number): number {
  return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_APPEND);
}

function readAll(descriptor: number): string {
  const bytes = Buffer.alloc(MAXIMUM_OUTPUT);
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

function notSupported(reason: string): SystemFailure {
  return new SystemFailure(EOPNOTSUPP, 'EOPNOTSUPP', `Operation not supported: ${reason}`);
}

function tooMany(): MachineError {
  return new MachineError('limits-exceeded', 'too many questions about disks are waiting');
}
