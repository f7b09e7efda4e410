import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/project-root.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-package-'));
afterAll(() => rmSync(directory, { recursive: true }));

function run(command: string, words: readonly string[], options: { readonly cwd?: string } = {}): string {
  return execFileSync(command, words, {
    encoding: 'utf8',
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
}

describe('the package', { timeout: 60_000 }, () => {
  let root = '';

  beforeAll(() => {
    const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory];
    const name = run('npm', words).trim().split('\n').at(-1) as string;
    run('tar', ['-xf', join(directory, name), '-C', directory]);
    root = join(directory, 'package');
    mkdirSync(join(root, 'node_modules'));
    for (const one of ['koffi', '@koromix']) {
      symlinkSync(join(projectRoot, 'node_modules', one), join(root, 'node_modules', one));
    }
  }, 60_000);

  it('has what runs, what describes it, and nothing else', () => {
    const { files: listed } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const programs = (listed as string[]).filter((path) => /^dist\/(?!varlink)\w+$/.test(path));
    const expected = [
      /^(package\.json|README\.md|LICENSE)$/,
      /^docs\/(looking|running|varlink)\.md$/,
      /^share\/(bash-completion|dbus|openrc|polkit|systemd|tmpfiles\.d)\//,
      new RegExp(`^(${programs.join('|')})/([\\w.-]+\\.js|package\\.json|LICENSES\\.txt)$`),
      /^dist\/varlink\/(idl\/)?[\w.-]+\.(js|d\.ts)$/,
      // Only what is built for `npm run coverage` has these.
      ...(process.env['NODE_V8_COVERAGE'] === undefined ? [] : [/^dist\/.*\.js\.map$/]),
    ];
    const files = run('find', ['.', '-type', 'f', '-printf', '%P\\n'], { cwd: root }).trim().split('\n');
    expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
    expect(files).toContain('dist/cli/main.js');
  });

  it('needs one other, and runs no script when it is installed', () => {
    const { dependencies, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(dependencies)).toEqual(['koffi']);
    // No range: what was tested is what is installed.
    expect(dependencies.koffi).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(scripts).filter((name) => /install$/.test(name))).toEqual([]);
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    expect(run(process.execPath, [join(root, 'dist/cli/main.js'), '--version'])).toBe(`mymachines ${version}\n`);
  });

  it('has the licence of each package whose code is in it', () => {
    const text = readFileSync(join(root, 'dist/cli/LICENSES.txt'), 'utf8');
    const named = [...text.matchAll(/^(@?[\w./-]+) \d+\.\d+\.\d+$/gm)].map(([, name]) => name);
    expect(named).toEqual(expect.arrayContaining(['dbus-next', 'dns-packet']));
    const code = readdirSync(join(root, 'dist/cli')).filter((name) => name.endsWith('.js'));
    const from = code.flatMap((name) => [
      ...readFileSync(join(root, 'dist/cli', name), 'utf8').matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm),
    ]);
    expect(new Set(named)).toEqual(new Set(from.map(([, name]) => name)));
    const words = readFileSync(join(projectRoot, 'docs/dependencies.md'), 'utf8').replace(/\s+/g, ' ');
    for (const name of [...named, 'koffi']) {
      expect(words).toMatch(new RegExp(`${name} (\\([^)]*|\\|( [^|]*\\|){3} )(MIT|Apache-2\\.0)`));
    }
    for (const part of text.split(/^(?=@?[\w./-]+ \d+\.\d+\.\d+$)/m)) expect(part).toMatch(/MIT|BSD|Apache|Permission/);
  });

  it('can be used as mymachines/varlink, with types', () => {
    const user = join(directory, 'user');
    mkdirSync(join(user, 'node_modules'), { recursive: true });
    symlinkSync(root, join(user, 'node_modules/mymachines'));
    const program = `import { parseInterface, VarlinkError } from 'mymachines/varlink';
const error: VarlinkError = new VarlinkError('a.b.C');
console.log(parseInterface('interface a.b').name, error.error satisfies string);
`;
    writeFileSync(join(user, 'user.mts'), program);
    const options = [
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--strict',
      '--typeRoots',
      join(projectRoot, 'node_modules/@types'),
    ];
    run(
      process.execPath,
      [join(projectRoot, 'node_modules/typescript/bin/tsc'), ...options, '--types', 'node', 'user.mts'],
      {
        cwd: user,
      },
    );
    expect(run(process.execPath, ['user.mjs'], { cwd: user })).toBe('a.b a.b.C\n');
  });
});

describe('what it is made of and with', () => {
  const parse = (name: string) => JSON.parse(readFileSync(join(projectRoot, name), 'utf8'));
  const { dependencies, devDependencies, allowScripts } = parse('package.json') as Record<string, object>;
  const locked = Object.entries<{ version?: string; integrity?: string; hasInstallScript?: boolean }>(
    parse('package-lock.json').packages,
  ).filter(([path]) => path !== '');

  it('is named with its reason, each package that is asked for', () => {
    const text = readFileSync(join(projectRoot, 'docs/dependencies.md'), 'utf8').replace(/-\n/g, '-');
    const named = [...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})]
      // Types go with what they are of.
      .filter((name) => !name.startsWith('@types/') || name === '@types/node');
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !text.includes(name))).toEqual([]);
  });

  it('is these very versions of all packages, by their contents, and none needs a script of its own', () => {
    expect(locked.length).toBeGreaterThan(10);
    for (const [path, { version, integrity }] of locked) {
      expect(version, path).toMatch(/^\d+\.\d+\.\d+/);
      expect(integrity, path).toMatch(/^sha512-/);
    }
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    for (const path of scripted) expect(allowScripts).toMatchObject({ [path.replace(/^.*node_modules\//, '')]: false });
  });
});
