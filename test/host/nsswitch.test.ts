import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type NameService, parseNameServices } from '../../src/host/nsswitch.ts';

// What is read of nsswitch.conf is held against what the C library of this machine makes of the same file: a module
// that does not exist shows, by ld.so's own account, that it was looked for.

const unavailable = reasonAgainst();
if (unavailable !== undefined) {
  if (process.env['CI']) throw new Error(`the C library cannot be asked: ${unavailable}`);
  console.warn(`skipped: ${unavailable}`);
}

function reasonAgainst(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    execFileSync('unshare', ['--mount', 'mount', '--bind', '/etc/nsswitch.conf', '/etc/nsswitch.conf']);
    return undefined;
  } catch (error) {
    return `nothing can be mounted over /etc/nsswitch.conf: ${(error as Error).message}`;
  }
}

describe.skipIf(unavailable !== undefined)('nsswitch.conf', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-nsswitch-'));

  afterAll(() => rmSync(directory, { recursive: true }));

  /** The modules that getent(1) looked for with each of the files, in their order. */
  const lookedFor = (files: readonly string[]): string[][] => {
    files.forEach((text, index) => {
      writeFileSync(join(directory, `${index}`), text);
    });
    const script = `
cd ${directory}
for ((i = 0; i < ${files.length}; i++)); do
  mount --bind $i /etc/nsswitch.conf
  echo "file $i"
  LD_DEBUG=libs LD_DEBUG_OUTPUT=${directory}/debug getent passwd no-such-user
  cat ${directory}/debug.* 2>/dev/null | sed -n 's/.*find library=libnss_\\(.*\\)\\.so\\.2 .*/\\1/p'
  rm -f ${directory}/debug.*
  umount /etc/nsswitch.conf
done`;
    const printed = execFileSync('unshare', ['--mount', 'bash', '-c', script], { encoding: 'utf8' });
    return printed
      .split(/^file \d+\n/m)
      .slice(1)
      .map((text) => text.split('\n').filter((line) => line !== ''));
  };

  it.each([
    ['services, in their order', 'passwd: zz1 zz2 files zz3\n'],
    ['no colon', 'passwd zz1\n'],
    ['spaces before and after', ' passwd : :zz1\tzz2\r\n'],
    ['the last line counts', 'passwd: zz1\npasswd: zz2\n'],
    ['a line that seems to go on', 'passwd: zz1\n zz2\n'],
    ['a comment', '#passwd: zz3\n# passwd: zz3 [\npasswd: zz1\n'],
    ['what looks like a comment', 'passwd: zz1 # zz2\n'],
    ['another case', 'PASSWD: zz1\n'],
    ['nothing', 'passwd:\n'],
    ['a bracket without spaces', 'passwd: zz1[UNAVAIL=return]zz2\n'],
    ['one with many', 'passwd: zz1 [ unavail = CONTINUE  NOTFOUND= return ] zz2 files [NOTFOUND=return] zz3\n'],
    ['all but one', 'passwd: zz1 [!UNAVAIL=return] zz2 [!NOTFOUND=return] zz3\n'],
    ['files that merge', 'passwd: files [NOTFOUND=merge] zz1\n'],
    ['a second bracket', 'passwd: zz1 [UNAVAIL=continue] [UNAVAIL=continue] zz2\n'],
    ['a bracket before all', 'passwd: [UNAVAIL=x] zz1\n'],
    ['a bracket that is not closed', 'passwd: zz1 [UNAVAIL=return\n]\n'],
    ['an empty bracket', 'passwd: zz1 [] zz2\n'],
    ['an unknown action', 'passwd: zz1 [UNAVAIL=retrun] zz2\n'],
    ['a comma', 'passwd: zz1 [UNAVAIL=continue,NOTFOUND=return] zz2\n'],
    ['a fault in another database', 'passwd: zz1\nhosts: files [x]\n'],
    ['a fault in a database that is not the C library’s', 'passwd: zz1\nautomount: files [x]\n'],
  ])('is read as the C library reads it: %s', (_what, text) => {
    expect(lookedFor([text])).toEqual([asked(text)]);
  });

  it('is read as the C library reads it, whatever is in it', () => {
    const files = fc.sample(file, { numRuns: 300, seed: 4 });
    const seen = lookedFor(files);
    files.forEach((text, index) => {
      expect(asked(text), text).toEqual(seen[index]);
    });
    // Most of them say something.
    expect(files.filter((text) => asked(text).length > 0).length).toBeGreaterThan(50);
    expect(files.filter((text) => parseNameServices(text).fault !== undefined).length).toBeGreaterThan(30);
  });
});

/** The modules that are looked for, by what was read: none of them is there. */
function asked(text: string): string[] {
  const found: string[] = [];
  for (const { name, actions } of parseNameServices(text).databases.get('passwd') ?? ([] as NameService[])) {
    // Built into the C library, and it knows no such user.
    if (name !== 'files' && !found.includes(name)) found.push(name);
    // There is nothing that could be merged; a module that is not there is passed over with `continue` only.
    if (name === 'files' ? actions.NOTFOUND === 'return' : actions.UNAVAIL !== 'continue') break;
  }
  return found;
}

const space = fc.constantFrom('', '', ' ', ' ', '  ', '\t', '\r');
const action = fc.constantFrom('return', 'continue', 'continue', 'RETURN', 'merge', 'retrun');
const status = fc.constantFrom('UNAVAIL', 'UNAVAIL', 'NOTFOUND', 'notfound', 'SUCCESS', 'TRYAGAIN', 'X');
const criterion = fc
  .tuple(fc.constantFrom('', '', '', '!'), status, space, fc.constantFrom('=', '=', '=', '=', ''), space, action, space)
  .map((parts) => parts.join(''));
const bracket = fc
  .tuple(space, fc.array(criterion, { minLength: 1, maxLength: 2 }), fc.constantFrom(']', ']', ']', ']', ''))
  .map(([before, criteria, end]) => `[${before}${criteria.join(' ')}${end}`);
const service = fc.constantFrom('zz1', 'zz2', 'zz3', 'zz4', 'files', '#');
const item = fc.oneof({ weight: 4, arbitrary: service }, { weight: 1, arbitrary: bracket });
const line = fc
  .tuple(
    space,
    fc.constantFrom('passwd', 'passwd', 'passwd', 'group', 'hosts', 'netmasks', '#passwd'),
    fc.constantFrom(': ', ':', ' ', ' :: '),
    fc.array(fc.tuple(item, fc.constantFrom(' ', '  ', '\t')), { maxLength: 5 }),
  )
  .map(([indent, database, colon, items]) => `${indent}${database}${colon}${items.flat().join('')}`);
const file = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => `${lines.join('\n')}\n`);
