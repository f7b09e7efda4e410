import { describe, expect, it } from 'vitest';
import { Authentication } from '../../../src/dbus/connection/authentication.ts';
import { AuthenticationError } from '../../../src/dbus/errors.ts';

const guid = '0123456789abcdef0123456789abcdef';
const accepted = `DATA\r\nOK ${guid}\r\nAGREE_UNIX_FD\r\n`;

describe('authentication', () => {
  it.each([1, 3, 1000])('is over with the third answer, in pieces of %d bytes', (size) => {
    const authentication = new Authentication();
    const bytes = Buffer.from(`${accepted}lrest`);
    for (let at = 0; at < bytes.length; at += size) {
      const rest = authentication.push(bytes.subarray(at, at + size));
      if (rest === undefined) continue;
      expect(Buffer.concat([rest, bytes.subarray(at + size)]).toString()).toBe('lrest');
      expect(authentication.serverId).toBe(guid);
      return;
    }
    expect.unreachable();
  });

  it.each([
    [
      'REJECTED ANONYMOUS DBUS_COOKIE_SHA1\r\n',
      'refused EXTERNAL authentication; it offers ANONYMOUS DBUS_COOKIE_SHA1',
    ],
    ['DATA\r\nREJECTED\r\n', 'it offers nothing else'],
    ['ERROR "no"\r\n', 'answered "ERROR \\"no\\"" to AUTH EXTERNAL'],
    ['DATA\r\nOK\r\n', 'answered "OK" to DATA'],
    ['DATA\r\nOK 123\r\n', 'answered "OK 123" to DATA'],
    [`DATA\r\nOK ${guid}\r\nERROR\r\n`, 'answered "ERROR" to NEGOTIATE_UNIX_FD'],
    ['DATA\n'.repeat(1000), 'more than 4096 bytes without a line end'],
  ])('fails with %j', (text, reason) => {
    expect(() => new Authentication().push(Buffer.from(text))).toThrow(AuthenticationError);
    expect(() => new Authentication().push(Buffer.from(text))).toThrow(reason);
  });
});
