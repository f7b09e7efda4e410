import type { MethodCall, PreparedBody } from '../../dbus/call.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import {
  type Image,
  type ImageMetadata,
  type ImageOperations,
  type ImagePool,
  type Images,
  parseImageName,
} from '../../machine/images.ts';
import { answeringAsker, doing } from './answering.ts';
import { fieldsBody, idBytes, imageListBody, imagePathBody, unknownSize } from './encode.ts';
import { invalidArguments, notSupported, worded } from './errors.ts';

/**
 * What can be done with images, by name: both objects do it, and Image is looked up each time it is asked for. All of
 * it takes time. What an image says of itself is told to everybody, as by systemd 262.
 */
export class ImageMethods {
  readonly #images: Images;
  readonly #operations: ImageOperations;

  constructor(images: Images, operations: ImageOperations) {
    this.#images = images;
    this.#operations = operations;
  }

  /** The image behind an object; undefined where there is none. */
  findObject(name: string, call: MethodCall): Promise<Image | undefined> {
    return answeringAsker(call, async (asker) => {
      try {
        return await this.#images.find(name, asker);
      } catch (error) {
        if (error instanceof MachineError && error.code === 'no-such-image') return undefined;
        throw error;
      }
    });
  }

  /** Of all objects. */
  names(call: MethodCall): Promise<readonly string[]> {
    return answeringAsker(call, async (asker) => (await this.#images.list(asker)).map(({ name }) => name));
  }

  pool<T>(call: MethodCall, read: (pool: ImagePool) => T): Promise<T> {
    return answeringAsker(call, async (asker) => read(await this.#images.pool(asker)));
  }

  list(call: MethodCall): Promise<PreparedBody> {
    return answeringAsker(call, async (asker) => imageListBody(await this.#images.list(asker)));
  }

  getPath(name: string, call: MethodCall): Promise<PreparedBody> {
    return answeringAsker(call, async (asker) => imagePathBody((await this.#images.find(name, asker)).name));
  }

  async getHostname(name: string, call: MethodCall): Promise<string> {
    return (await this.#metadata(name, call)).hostname ?? '';
  }

  async getMachineId(name: string, call: MethodCall): Promise<Uint8Array> {
    return idBytes((await this.#metadata(name, call)).machineId);
  }

  async getMachineInfo(name: string, call: MethodCall): Promise<PreparedBody> {
    return fieldsBody((await this.#metadata(name, call)).machineInfo);
  }

  async getOSRelease(name: string, call: MethodCall): Promise<PreparedBody> {
    return fieldsBody((await this.#metadata(name, call)).osRelease);
  }

  remove(name: string, call: MethodCall): Promise<Nothing> {
    checkName(name);
    return this.#change(call, (caller) => this.#operations.remove(name, caller));
  }

  rename(name: string, newName: string, call: MethodCall): Promise<Nothing> {
    checkName(name);
    checkName(newName);
    return this.#change(call, (caller) => this.#operations.rename(name, newName, caller), 'Failed to rename image: ');
  }

  clone(name: string, newName: string, readOnly: boolean, call: MethodCall): Promise<Nothing> {
    checkName(name);
    checkName(newName);
    return this.#change(call, (caller) => this.#operations.clone(name, newName, readOnly, caller));
  }

  markReadOnly(name: string, readOnly: boolean, call: MethodCall): Promise<Nothing> {
    checkName(name);
    return this.#change(call, (caller) => this.#operations.markReadOnly(name, readOnly, caller));
  }

  setLimit(name: string, size: bigint, call: MethodCall): Promise<Nothing> {
    checkName(name);
    const limit = readLimit(size);
    return this.#change(call, (caller) => this.#operations.setLimit(name, limit, caller));
  }

  setPoolLimit(size: bigint, call: MethodCall): Promise<Nothing> {
    const limit = readLimit(size);
    return this.#change(call, (caller) => this.#operations.setPoolLimit(limit, caller));
  }

  cleanPool(mode: string, call: MethodCall): Promise<{ images: readonly [string, bigint][] }> {
    if (mode !== 'all' && mode !== 'hidden') throw invalidArguments(`Unknown mode '${mode}'.`);
    return doing({}, call, async (caller) => {
      const removed = await describing('', () => this.#operations.cleanPool(mode, caller));
      return { images: removed.map(({ name, usageExclusive = unknownSize }) => [name, usageExclusive]) };
    });
  }

  #metadata(name: string, call: MethodCall): Promise<ImageMetadata> {
    checkName(name);
    return answeringAsker(call, async (asker) => {
      const image = await this.#images.find(name, asker);
      return describing('Failed to read image metadata: ', () => this.#images.metadata(image, asker), UNEXPLAINED);
    });
  }

  #change(call: MethodCall, act: (caller: Caller) => Promise<void>, prefix = ''): Promise<Nothing> {
    return doing({}, call, async (caller) => {
      await describing(prefix, () => act(caller));
      return {};
    });
  }
}

type Nothing = Record<never, never>;
type Caller = Parameters<ImageOperations['remove']>[1];

function checkName(name: string): void {
  worded(`Image name '${name}' is invalid.`, () => parseImageName(name, 'name'));
}

/** All ones is no limit; anything else that no file could have is none that could be set. */
function readLimit(size: bigint): bigint | undefined {
  if (size === unknownSize) return undefined;
  if (size > MAXIMUM_SIZE) throw invalidArguments('New limit out of range');
  return size;
}

/** Of off_t. */
const MAXIMUM_SIZE = 2n ** 63n - 1n;

/** Says of a failure of the system what systemd 262 says, which clients print. */
async function describing<T>(prefix: string, act: () => Promise<T>, texts = TEXTS): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // Which of all the things that it takes there is not.
    if (error instanceof MachineError && error.code === 'not-supported') throw notSupported(error.message);
    if (!(error instanceof SystemFailure)) throw error;
    const { errno, errnoName, message } = error;
    throw new SystemFailure(errno, errnoName, `${prefix}${texts.get(errnoName) ?? message}`, { cause: error });
  }
}

/** Of strerror(3). */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'Permission denied'],
  ['EBUSY', 'Device or resource busy'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['EEXIST', 'File exists'],
  ['EINVAL', 'Invalid argument'],
  ['ENOENT', 'No such file or directory'],
  ['ENOSPC', 'No space left on device'],
  ['EOPNOTSUPP', 'Operation not supported'],
  ['EPERM', 'Operation not permitted'],
  ['EROFS', 'Read-only file system'],
]);

/** Where the error itself says what there is not. */
const UNEXPLAINED: ReadonlyMap<string, string> = new Map([...TEXTS].filter(([name]) => name !== 'EOPNOTSUPP'));
