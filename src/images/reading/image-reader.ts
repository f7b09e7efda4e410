import { MachineError, SystemFailure } from '../../machine/errors.ts';
import { type Image, type ImageMetadata, type ImagePool, type Images, isImageName } from '../../machine/images.ts';
import { ImageProcess } from './image-process.ts';
import type { ImageAnswer, ImageQuestion } from './question.ts';

/** Questions that wait at one time; more are refused. */
const MAXIMUM_QUESTIONS = 1000;
/** Processes, those that are stuck for good included. One takes some 15 MB. */
const MAXIMUM_PROCESSES = 4;

/**
 * Looks at the images of the host in a process of its own, one question after another, because they can be on a file
 * system that does not answer. A process that is stuck for ten seconds is given up, and another goes on.
 */
export class ImageReader implements Images {
  readonly #program: string;
  readonly #waiting: Pending[] = [];
  #process: ImageProcess | undefined;
  /** What it was asked. */
  #asked: Pending | undefined;
  /** Those that are not gone, the one in use included. */
  #alive = 0;

  /** @param program what the process runs: `program.ts`, as built */
  constructor(program: string) {
    this.#program = program;
  }

  async list(): Promise<readonly Image[]> {
    const answer = await this.#ask({ wanted: 'list' });
    return 'images' in answer ? answer.images : failed(answer);
  }

  async find(name: string): Promise<Image> {
    const answer = isImageName(name) ? await this.#ask({ wanted: 'find', name }) : {};
    if ('failure' in answer) return failed(answer);
    if ('image' in answer && answer.image !== undefined) return answer.image;
    throw new MachineError('no-such-image', `No image '${name}' known`);
  }

  async metadata({ type, path }: Image): Promise<ImageMetadata> {
    if (type !== 'directory' && type !== 'subvolume') {
      throw new SystemFailure(95, 'EOPNOTSUPP', `an image of type ${type} cannot be looked into here`);
    }
    const answer = await this.#ask({ wanted: 'metadata', path });
    return 'metadata' in answer ? answer.metadata : failed(answer);
  }

  async pool(): Promise<ImagePool> {
    const answer = await this.#ask({ wanted: 'pool' });
    return 'pool' in answer ? answer.pool : failed(answer);
  }

  /** What waits for an answer gets none. */
  close(): void {
    for (const pending of this.#waiting.splice(0)) pending.reject(unanswered());
    this.#process?.end();
  }

  #ask(question: ImageQuestion): Promise<ImageAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= MAXIMUM_QUESTIONS) {
        reject(new MachineError('limits-exceeded', 'too many questions about images are waiting'));
        return;
      }
      this.#waiting.push({ question, resolve, reject });
      this.#proceed();
    });
  }

  #proceed(): void {
    if (this.#asked !== undefined || this.#waiting.length === 0) return;
    if (this.#process === undefined && this.#alive >= MAXIMUM_PROCESSES) {
      for (const pending of this.#waiting.splice(0)) pending.reject(unanswered());
      return;
    }
    this.#process ??= this.#start();
    this.#asked = this.#waiting.shift();
    if (this.#asked !== undefined) this.#process.ask(this.#asked.question);
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
    // After the taker has it, which may ask at once.
    queueMicrotask(() => this.#proceed());
    return asked;
  }
}

interface Pending {
  readonly question: ImageQuestion;
  readonly resolve: (answer: ImageAnswer) => void;
  readonly reject: (error: Error) => void;
}

function unanswered(): MachineError {
  return new MachineError('timed-out', 'what looks at images does not answer');
}

function failed(answer: ImageAnswer): never {
  const { errno, code, message } =
    'failure' in answer ? answer.failure : { errno: 5, code: 'EIO', message: 'no answer to the question' };
  throw new SystemFailure(errno, code, message);
}
