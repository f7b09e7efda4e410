import { describe, expect, it } from 'vitest';
import { check, declare, errnoName, SystemError } from '../../src/linux/libc.ts';

describe('errnoName', () => {
  // Numbers of asm-generic/errno-base.h and errno.h, which x86 and arm share.
  it.each([
    [2, 'ENOENT'],
    [11, 'EAGAIN'],
    [24, 'EMFILE'],
    [66, 'EREMOTE'],
    [95, 'ENOTSUP'],
    [104, 'ECONNRESET'],
    [4095, 'E4095'],
  ])('calls %i %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });
});

describe('check', () => {
  const close = declare('int close(int fd)');

  it('passes a result through', () => {
    expect(check(0, 'close')).toBe(0);
  });

  it('throws an error with the number, the name, the call and what it was about', () => {
    const failure = () => check(close(-1), 'close', 'of nothing');
    expect(failure).toThrow(SystemError);
    expect(failure).toThrow('close of nothing: EBADF');
    expect(failure).toThrow(expect.objectContaining({ errno: 9, code: 'EBADF', syscall: 'close' }));
  });
});
