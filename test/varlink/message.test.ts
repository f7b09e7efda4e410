import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/varlink/errors.ts';
import { formatCall, formatError, formatReply, parseCall, parseReply } from '../../src/varlink/message.ts';

const method = '"method":"org.varlink.service.GetInfo"';
const bytes = (text: string) => Buffer.from(text);

describe('a call', () => {
  const plain = { method: 'org.varlink.service.GetInfo', parameters: {}, more: false, oneway: false };

  // sd-varlink 262 answers each of these.
  test.each([
    [`{${method}}`, plain],
    [`{${method},"parameters":{}}`, plain],
    [`{${method},"parameters":null}`, plain],
    [`{${method},"parameters":{"x":1}}`, { ...plain, parameters: { x: 1 } }],
    [`{${method},"more":false,"oneway":false,"upgrade":false}`, plain],
    [`{${method},"more":true}`, { ...plain, more: true }],
    [`{"oneway":true,${method}}`, { ...plain, oneway: true }],
    [`{${method},"upgrade":true}`, plain],
    ['{"method":""}', { ...plain, method: '' }],
  ])('is %s', (text, message) => {
    expect(parseCall(bytes(text))).toEqual(message);
  });

  // sd-varlink 262 closes the connection at each of these.
  test.each([
    '{}',
    '{"parameters":{}}',
    '{"method":3}',
    '{"method":null}',
    `{${method},"parameters":[]}`,
    `{${method},"parameters":"x"}`,
    `{${method},"more":null}`,
    `{${method},"more":1}`,
    `{${method},"more":"true"}`,
    `{${method},"oneway":null}`,
    `{${method},"more":true,"oneway":true}`,
    `{${method},"more":true,"upgrade":true}`,
    `{${method},"oneway":true,"upgrade":true}`,
    `{${method},"foo":1}`,
    `{${method},"error":"x"}`,
    `{${method},"continues":true}`,
    `{${method},"__proto__":{}}`,
    `{${method},"constructor":1}`,
  ])('is not %s', (text) => {
    expect(() => parseCall(bytes(text))).toThrow(ProtocolError);
  });
});

describe('a reply', () => {
  test.each([
    ['{}', { error: undefined, parameters: {}, continues: false }],
    ['{"parameters":{"a":1},"continues":true}', { error: undefined, parameters: { a: 1 }, continues: true }],
    ['{"continues":true}', { error: undefined, parameters: {}, continues: true }],
    ['{"error":"a.b.C"}', { error: 'a.b.C', parameters: {}, continues: false }],
    ['{"error":"a.b.C","parameters":null}', { error: 'a.b.C', parameters: {}, continues: false }],
  ])('is %s', (text, message) => {
    expect(parseReply(bytes(text))).toEqual(message);
  });

  test.each([
    '[]',
    '{"error":1}',
    '{"error":null}',
    '{"parameters":[]}',
    '{"continues":"yes"}',
    '{"error":"a.b.C","continues":true}',
    '{"method":"a.b.C"}',
  ])('is not %s', (text) => {
    expect(() => parseReply(bytes(text))).toThrow(ProtocolError);
  });
});

test('a call is written without the members that say nothing', () => {
  expect(formatCall('a.b.C', {})).toBe('{"method":"a.b.C"}\0');
  expect(formatCall('a.b.C', { x: undefined })).toBe('{"method":"a.b.C"}\0');
  expect(formatCall('a.b.C', { x: 1 }, 'more')).toBe('{"method":"a.b.C","parameters":{"x":1},"more":true}\0');
  expect(formatCall('a.b.C', {}, 'oneway')).toBe('{"method":"a.b.C","oneway":true}\0');
});

// Bytes of sd-varlink 262, seen as replies of systemd-machined.
test('a reply is written as sd-varlink writes it', () => {
  expect(formatReply({}, false)).toBe('{}\0');
  expect(formatReply(undefined, false)).toBe('{}\0');
  expect(formatReply({ name: '.host' }, false)).toBe('{"parameters":{"name":".host"}}\0');
  expect(formatReply({ name: '.host' }, true)).toBe('{"parameters":{"name":".host"},"continues":true}\0');
  expect(formatReply({}, true)).toBe('{"continues":true}\0');
  expect(formatError('org.varlink.service.ExpectedMore', {})).toBe('{"error":"org.varlink.service.ExpectedMore"}\0');
  expect(formatError('org.varlink.service.InvalidParameter', { parameter: 'x' })).toBe(
    '{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"x"}}\0',
  );
});
