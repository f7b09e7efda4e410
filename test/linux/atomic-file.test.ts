import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTemporaryFiles, writeFileAtomically } from '../../src/linux/atomic-file.ts';
import { openDescriptors } from './descriptors.ts';
import { runModule } from './run-module.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync('/tmp/atomic-file-');
  path = join(folder, 'web');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  it('writes and replaces a file, with its mode whatever the umask, and leaves nothing else', () => {
    const umask = process.umask(0o077);
    writeFileAtomically(path, 'one');
    expect(readFileSync(path, 'utf8')).toBe('one');
    expect(statSync(path).mode & 0o7777).toBe(0o644);
    writeFileAtomically(path, Buffer.from('two'), 0o600);
    process.umask(umask);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['web']);
  });

  it('replaces a symbolic link and leaves alone what it pointed to', () => {
    writeFileSync(join(folder, 'victim'), 'untouched');
    symlinkSync('victim', path);
    writeFileAtomically(path, 'new');
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('leaves nothing behind, in the directory or open, when it fails', () => {
    const before = openDescriptors().size;
    mkdirSync(path);
    expect(() => writeFileAtomically(path, 'x')).toThrow('EISDIR');
    expect(() => writeFileAtomically(join(folder, 'none/web'), 'x')).toThrow('ENOENT');
    expect(readdirSync(folder)).toEqual(['web']);
    expect(openDescriptors().size).toBe(before);
  });

  it('shows no reader half a file, however often the writer is killed', async () => {
    writeFileAtomically(path, 'a'.repeat(1_000_000));
    for (let round = 0; round < 4; round++) {
      const { signal } = await runModule(
        `
        import { writeFileAtomically } from '#src/linux/atomic-file.ts';
        import { spawn } from 'node:child_process';
        spawn('sh', ['-c', 'sleep 0.05; kill -9 ' + process.pid], { stdio: 'ignore' });
        await new Promise((resolve) => setTimeout(resolve, 10));
        for (let i = 0; ; i++) writeFileAtomically(process.env.FILE, 'abcdefghij'[i % 10].repeat(1_000_000));
      `,
        { FILE: path },
      );
      expect(signal).toBe('SIGKILL');
      const content = readFileSync(path, 'utf8');
      expect(content).toBe((content[0] as string).repeat(1_000_000));
    }
    const leftBehind = readdirSync(folder).length - 1;
    expect(removeTemporaryFiles(folder)).toHaveLength(leftBehind);
    expect(readdirSync(folder)).toEqual(['web']);
  });
});

describe('removeTemporaryFiles', () => {
  it('removes what a killed writer left and nothing else', () => {
    const kept = ['web', '.#web', '.#webxyz', 'web0123456789abcdef', '.hidden', '.#0123456789abcdef'];
    for (const name of kept) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, '.#dir0123456789abcdef'));
    symlinkSync('web', join(folder, '.#link0123456789abcdef'));
    writeFileSync(join(folder, '.#web0123456789abcdef'), 'half');
    expect(removeTemporaryFiles(folder)).toEqual(['.#web0123456789abcdef']);
    expect(readdirSync(folder).sort()).toEqual([...kept, '.#dir0123456789abcdef', '.#link0123456789abcdef'].sort());
    expect(readlinkSync(join(folder, '.#link0123456789abcdef'))).toBe('web');
  });

  it('is content with a directory that is not there', () => {
    expect(removeTemporaryFiles(join(folder, 'none'))).toEqual([]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
