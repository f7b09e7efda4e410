import { describe, expect, it } from 'vitest';
import { MachineError } from '../../src/machine/errors.ts';
import { isHidden, isHostImage, isImageName, isVendorImage, parseImageName } from '../../src/machine/images.ts';

describe('isImageName', () => {
  // What io.systemd.MachineImage.Clone of systemd 262 took and refused as a new name.
  it.each([
    'a~',
    '#x',
    'x#',
    '-a',
    '~x',
    'x.raw',
    'x.v',
    '...',
    'a b',
    ' a',
    'a\u200bb',
    'ü',
    '.hidden',
    '.host',
    'x'.repeat(255),
    `${'ü'.repeat(127)}x`,
  ])('takes %j', (name) => expect(isImageName(name)).toBe(true));

  it.each([
    '',
    '.',
    '..',
    '.#x',
    'a/b',
    '/',
    'a\tb',
    'a\nb',
    'a\x7fb',
    'a\0b',
    'x'.repeat(256),
    'ü'.repeat(128),
    '\ud800',
  ])('refuses %j', (name) => expect(isImageName(name)).toBe(false));
});

describe('parseImageName', () => {
  it('says which parameter it was', () => {
    expect(parseImageName('web', 'newName')).toBe('web');
    const refused = expect.objectContaining({ code: 'invalid-parameter', parameter: 'newName' });
    expect(() => parseImageName('a/b', 'newName')).toThrow(refused);
    expect(() => parseImageName('a/b', 'newName')).toThrow(MachineError);
  });

  it('does not repeat all of a long one', () => {
    expect(() => parseImageName('x'.repeat(100_000), 'name')).toThrow(/^.{100,200}$/s);
  });
});

describe('what an image is', () => {
  it('tells by name and path', () => {
    expect([isHidden({ name: '.web' }), isHidden({ name: 'web' })]).toEqual([true, false]);
    expect(isVendorImage({ path: '/usr/lib/machines/web' })).toBe(true);
    expect(isVendorImage({ path: '/usrx/web' })).toBe(false);
    expect(isHostImage({ name: '.host', path: '/' })).toBe(true);
    expect(isHostImage({ name: 'web', path: '/var/lib/machines/web' })).toBe(false);
  });
});
