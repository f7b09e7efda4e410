import { BoundedQueue, type QueueLimits } from '../../inside/bounded-queue.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import { type Image, type ImageMetadata, type ImagePool, type Images, isImageName } from '../../machine/images.ts';
import type { WaitingCaller } from '../../machine/operations.ts';
import type { Program } from '../../programs/running-program.ts';
import type { DiskReader } from './disk-reader.ts';
import { ImageProcess } from './image-process.ts';
import type { ImageAnswer, ImageQuestion } from './question.ts';

/** Questions under way and waiting. Of one user as many as one connection to the bus may ask at one time. */
const LIMITS: QueueLimits = { atOnce: 1, ofUser: 128, inAll: 1024 };
/** Processes, those that are stuck for good included. One takes some 15 MB. */
const MAXIMUM_PROCESSES = 4;

/**
 * Looks at the images of the host in a process of its own, one question after another, because they can be on a file
 * system that does not answer. A process that is stuck for ten seconds is given up, and another goes on.
 */
export class ImageReader implements Images {
  readonly #program: Program;
  readonly #disks: DiskReader | undefined;
  readonly #questions = new BoundedQueue(LIMITS, tooMany);
  #process: ImageProcess | undefined;
  /** Who waits for its answer. */
  #asked: Pending | undefined;
  /** Those that are not gone, the one in use included. */
  #alive = 0;
  #closed = false;

  /**
   * @param program what the process runs: `program.ts`
   * @param disks looks into raw files and block devices; absent: nobody does
   */
  constructor(program: Program, disks?: DiskReader) {
    this.#program = program;
    this.#disks = disks;
  }

  async list(asker: WaitingCaller): Promise<readonly Image[]> {
    const answer = await this.#ask(asker, { wanted: 'list' });
    return 'images' in answer ? answer.images : failed(answer);
  }

  async find(name: string, asker: WaitingCaller): Promise<Image> {
    const answer = isImageName(name) ? await this.#ask(asker, { wanted: 'find', name }) : {};
    if ('failure' in answer) return failed(answer);
    if ('image' in answer && answer.image !== undefined) return answer.image;
    throw new MachineError('no-such-image', `No image '${name}' known`);
  }

  async metadata(image: Image, asker: WaitingCaller): Promise<ImageMetadata> {
    const { type, path } = image;
    if ((type === 'raw' || type === 'block') && this.#disks !== undefined) return this.#disks.metadata(image, asker);
    if (type !== 'directory' && type !== 'subvolume') {
      throw new SystemFailure(95, 'EOPNOTSUPP', 'Operation not supported');
    }
    const answer = await this.#ask(asker, { wanted: 'metadata', path });
    return 'metadata' in answer ? answer.metadata : failed(answer);
  }

  async pool(asker: WaitingCaller): Promise<ImagePool> {
    const answer = await this.#ask(asker, { wanted: 'pool' });
    return 'pool' in answer ? answer.pool : failed(answer);
  }

  /** What waits for an answer gets none. */
  close(): void {
    this.#closed = true;
    this.#process?.end();
  }

  #ask(asker: WaitingCaller, question: ImageQuestion): Promise<ImageAnswer> {
    return this.#questions.run(asker, () => {
      if (this.#closed || (this.#process === undefined && this.#alive >= MAXIMUM_PROCESSES)) throw unanswered();
      return new Promise((resolve, reject) => {
        this.#asked = { resolve, reject };
        this.#process ??= this.#start();
        this.#process.ask(question);
      });
    });
  }

  #start(): ImageProcess {
    this.#alive++;
    const started: ImageProcess = new ImageProcess(this.#program, {
      onAnswer: (answer) => this.#take()?.resolve(answer),
      onEnd: () => {
        if (this.#process === started) this.#process = undefined;
        this.#take()?.reject(unanswered());
      },
      onExit: () => {
        this.#alive--;
      },
    });
    return started;
  }

  /** Takes what was asked off the process, which can be asked the next thing then. */
  #take(): Pending | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    return asked;
  }
}

interface Pending {
  readonly resolve: (answer: ImageAnswer) => void;
  readonly reject: (error: Error) => void;
}

function tooMany(): MachineError {
  return new MachineError('limits-exceeded', 'too many questions about images are waiting');
}

function unanswered(): MachineError {
  return new MachineError('timed-out', 'what looks at images does not answer');
}

function failed(answer: ImageAnswer): never {
  const { errno, code, message } =
    'failure' in answer ? answer.failure : { errno: 5, code: 'EIO', message: 'no answer to the question' };
  throw new SystemFailure(errno, code, message);
}
