import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { quoteExecutable, quoteForShell, quoteForSystemd } from '../../../src/cli/install/quote.ts';

it('quotes words for the shell', () => {
  for (const word of ['/usr/bin/node', "/a b/c'd", '$HOME `x` "y" \\z *', '', 'ü%s']) {
    expect(execFileSync('sh', ['-c', `printf %s ${quoteForShell(word)}`], { encoding: 'utf8' })).toBe(word);
  }
});

it('quotes words for units as systemd.syntax(7) and systemd.unit(5) "Specifiers" have it', () => {
  expect(quoteForSystemd('/usr/bin/node')).toBe('"/usr/bin/node"');
  expect(quoteForSystemd('/a b/"c"\\d')).toBe('"/a b/\\"c\\"\\\\d"');
  expect(quoteForSystemd('/100%/$x')).toBe('"/100%%/$x"');
});

it('refuses the path of a program that systemd would not run', () => {
  expect(quoteExecutable('/a b/100%')).toBe('"/a b/100%%"');
  for (const path of ['/a"b', "/a'b", '/a\\b']) {
    expect(() => quoteExecutable(path)).toThrow(`no program with quotes or backslashes in its path: ${path}`);
  }
});

it('refuses what would be another line', () => {
  for (const quote of [quoteForShell, quoteForSystemd]) {
    expect(() => quote('/a\nExecStart=/b')).toThrow('"/a\\nExecStart=/b" has control characters');
  }
});
