import { describe, expect, it } from 'vitest';
import { MachineError } from '../../src/machine/errors.ts';
import {
  parseAbsolutePath,
  parseInterfaces,
  parseMachineId,
  parseNormalizedPath,
  parsePid,
  parsePlainText,
  parseService,
  parseSignal,
  parseVsockCid,
} from '../../src/machine/registration-rules.ts';

/** That a rule refuses a value, and says whose. */
function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
  } catch (error) {
    if (error instanceof MachineError && error.code === 'invalid-parameter') return error.parameter;
    throw error;
  }
  return undefined;
}

const component = 'x'.repeat(255);
/** A path of so many bytes, of components that are short enough. */
const pathOf = (length: number): string =>
  `/${`${'y'.repeat(99)}/`.repeat(length / 100 + 1)}`.slice(0, length - 1).concat('z');

describe('a rule of a registration', () => {
  it.each<[string, string | undefined]>([
    ['0123456789abcdef0123456789ABCDEF', '0123456789abcdef0123456789abcdef'],
    ['01234567-89ab-cdef-0123-456789abcdef', '0123456789abcdef0123456789abcdef'],
    ['00000000000000000000000000000000', undefined],
  ])('takes the id %s', (text, id) => {
    expect(parseMachineId(text, 'id')).toBe(id);
  });

  it.each([
    '',
    'x',
    '0123456789abcdef0123456789abcde',
    '0123456789abcdef0123456789abcdefg',
    '0'.repeat(33),
    '٠'.repeat(32),
  ])('refuses the id %j', (text) => {
    expect(refusal(() => parseMachineId(text, 'its id'))).toBe('its id');
  });

  it.each(['/', '/srv', '/srv/', '/srv/web.d/..data', '/srv/ü', '/...', `/${component}`, pathOf(4095)])(
    'takes the normalized path %j as it is',
    (path) => {
      expect(parseNormalizedPath(path, 'root')).toBe(path);
      expect(parseAbsolutePath(path, 'root')).toBe(path);
    },
  );

  it.each(['', 'srv', './srv', ' /srv', '/srv\0/x', pathOf(4096)])('refuses %j, which is no absolute path', (path) => {
    expect(refusal(() => parseNormalizedPath(path, 'root'))).toBe('root');
    expect(refusal(() => parseAbsolutePath(path, 'root'))).toBe('root');
  });

  it.each(['//', '//srv', '/srv//web', '/srv/..', '/../srv', '/srv/.', '/./srv', '/srv//', `/${component}x`])(
    'refuses %j, which is not normalized, where that is asked for',
    (path) => {
      expect(refusal(() => parseNormalizedPath(path, 'root'))).toBe('root');
      expect(parseAbsolutePath(path, 'key')).toBe(path);
    },
  );

  it('counts the length of a path in bytes', () => {
    expect(refusal(() => parseNormalizedPath(`/${'ü'.repeat(128)}`, 'root'))).toBe('root');
    expect(refusal(() => parseNormalizedPath(`/${'ü'.repeat(127)}`, 'root'))).toBeUndefined();
  });

  it.each<[readonly number[], boolean]>([
    [[], true],
    [[1, 2 ** 31 - 1, 1], true],
    [[0], false],
    [[1, -1], false],
    [[2 ** 31], false],
    [[1.5], false],
    [[Number.NaN], false],
  ])('of interfaces %j: %j', (indices, good) => {
    expect(refusal(() => parseInterfaces(indices, 'links'))).toBe(good ? undefined : 'links');
  });

  it.each<[number, boolean]>([
    [3, true],
    [2 ** 32 - 2, true],
    [2 ** 32 - 1, false],
    [2, false],
    [0, false],
    [-1, false],
    [3.5, false],
    [2 ** 32 + 3, false],
  ])('of the context id %d: %j', (cid, good) => {
    expect(refusal(() => parseVsockCid(cid, 'cid'))).toBe(good ? undefined : 'cid');
  });

  it.each<[string, boolean]>([
    ['', true],
    ['vsock%3 ü', true],
    ['a\nb', false],
    ['\x7f', false],
    ['\x1b[31m', false],
    ['\u0085', false],
    ['\0', false],
  ])('of the text %j: %j', (text, good) => {
    expect(refusal(() => parsePlainText(text, 'address'))).toBe(good ? undefined : 'address');
  });

  it.each<[string, boolean]>([
    ['', true],
    ['é\u2028\x1b', true],
    ['s'.repeat(1024), true],
    ['s'.repeat(1025), false],
    ['é'.repeat(513), false],
  ])('of the service %j: %j', (text, good) => {
    expect(refusal(() => parseService(text, 'service'))).toBe(good ? undefined : 'service');
  });

  it.each<[number, boolean]>([
    [1, true],
    [2 ** 31 - 1, true],
    [0, false],
    [-1, false],
    [2 ** 31, false],
    [1.5, false],
    [Number.POSITIVE_INFINITY, false],
  ])('of the process number %d: %j', (pid, good) => {
    expect(refusal(() => parsePid(pid, 'pid'))).toBe(good ? undefined : 'pid');
  });

  it.each<[number, boolean]>([
    [1, true],
    [64, true],
    [0, false],
    [65, false],
    [-9, false],
    [9.5, false],
  ])('of the signal %d: %j', (signal, good) => {
    expect(refusal(() => parseSignal(signal, 'signal'))).toBe(good ? undefined : 'signal');
  });
});
