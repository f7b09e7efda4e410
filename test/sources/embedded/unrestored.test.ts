import { afterEach, expect, test, vi } from 'vitest';
import { Unrestored } from '../../../src/sources/embedded/unrestored.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('each is tried at growing intervals until something is known of it, and one that fails holds up the rest once', () => {
  vi.useFakeTimers();
  const wanting = new Set(['a', 'b']);
  const tried: string[] = [];
  const tidy = vi.fn();
  const unrestored = new Unrestored(([name = '']) => {
    tried.push(name);
    return new Map(wanting.has(name) ? [[name, new Error('EMFILE')]] : []);
  }, tidy);
  unrestored.add(new Map(['a', 'b', 'c'].map((name) => [name, new Error('EMFILE')])));
  vi.advanceTimersByTime(1000);
  expect(tried.splice(0)).toEqual(['a']);
  vi.advanceTimersByTime(1999);
  expect(tried).toEqual([]);
  wanting.delete('b');
  vi.advanceTimersByTime(1);
  expect(tried.splice(0)).toEqual(['b', 'c', 'a']);
  expect(() => unrestored.settle('a')).toThrow('EMFILE');
  wanting.delete('a');
  unrestored.settle('a');
  unrestored.settle('a');
  expect(tried.splice(0)).toEqual(['a', 'a']);
  vi.advanceTimersByTime(1_000_000);
  expect(tried).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  expect(tidy).toHaveBeenCalledTimes(3);
});

test('many are tried a few at a time, so that others have their turn', () => {
  vi.useFakeTimers();
  const tried: string[] = [];
  const tidy = vi.fn();
  const unrestored = new Unrestored((names) => {
    tried.push(...names);
    return new Map();
  }, tidy);
  const names = Array.from({ length: 40 }, (_, index) => `machine-${index}`);
  unrestored.add(new Map(names.map((name) => [name, new Error('EMFILE')])));
  vi.advanceTimersByTime(1000);
  expect(tried).toEqual(names.slice(0, 16));
  vi.advanceTimersToNextTimer();
  expect(tried).toEqual(names.slice(0, 32));
  // Somebody wants the name of one that is still to come.
  unrestored.settle('machine-39');
  vi.advanceTimersToNextTimer();
  expect([...tried].sort()).toEqual([...names].sort());
  expect(tidy).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
