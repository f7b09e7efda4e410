import { expect, it } from 'vitest';
import { parseEnvironment, parseShellUser, parseUserOrNumber } from '../../src/machine/shell-rules.ts';

const invalid = expect.objectContaining({ code: 'invalid-parameter', parameter: 'it' });

// What systemd-machined 262 answered to each, over Varlink and over D-Bus.
it.each(['root', 'a b', '-a', '+1', '0x10', '1a', '...', 'ü', 'a@b', '$HOME', '%u', 'a"b', '*', '~', 'a'.repeat(256)])(
  'a machine may know a user %j',
  (name) => {
    expect(parseShellUser(name, 'it')).toBe(name);
    expect(parseUserOrNumber(name, 'it')).toBe(name);
  },
);

it.each(['', ' a', 'a ', 'a:b', 'a/b', 'a\tb', 'a\nb', 'a\x7fb', '-', '-1', '.', '..', '007', '00'])(
  'none can know a user %j',
  (name) => {
    expect(() => parseShellUser(name, 'it')).toThrow(invalid);
    expect(() => parseUserOrNumber(name, 'it')).toThrow(invalid);
  },
);

it.each(['0', '1', '65534', '65536', '4294967294'])('the number %s is a user for who takes numbers', (text) => {
  expect(() => parseShellUser(text, 'it')).toThrow(invalid);
  expect(parseUserOrNumber(text, 'it')).toBe(text);
});

it.each(['65535', '4294967295', '4294967296', '99999999999999'])('the number %s is no user', (text) => {
  expect(() => parseUserOrNumber(text, 'it')).toThrow(invalid);
});

it.each(['A=', 'A=b c', 'A=\n', 'A=\x01', '_=b', 'a1=$b'])('%j sets a variable', (text) => {
  expect(parseEnvironment([text], 'it')).toEqual([text]);
});

it.each(['A', '=b', 'a-b=c', 'a.b=c', ' A=b', 'A =b', '1=a', 'É=a'])('%j sets none', (text) => {
  expect(() => parseEnvironment(['A=b', text], 'it')).toThrow(invalid);
});
