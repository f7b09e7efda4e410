import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

// What runs is in few files: to find, read and compile some four hundred takes Node longer than to do what is in them.
// They are left as they are written, for stack traces and for whoever wants to know what runs as root.

/** What is loaded from node_modules, because it is no JavaScript. All else that is used of there is in the files. */
const external = ['koffi'];
const shared = { platform: 'node', external };
/** Above dist. Tests that want a build of their own say another. */
const directory = process.env['BUILD_DIRECTORY'] ?? '.';

export default defineConfig([
  {
    ...shared,
    // Each command becomes a file of its own, since it needs little of what the daemon does.
    input: { main: 'src/cli/main.ts' },
    // CommonJS, which Node starts some ten milliseconds sooner.
    output: output('cli', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { program: 'src/sources/kernel/roots/program.ts' },
    output: output('roots', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { program: 'src/inside/mounts/program.ts' },
    output: output('mounts', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { program: 'src/inside/entering/program.ts' },
    output: output('entering', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { program: 'src/inside/copies/program.ts' },
    output: output('copying', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { reading: 'src/images/reading/program.ts', changing: 'src/images/changing/program.ts' },
    output: output('images', 'cjs'),
    plugins: [commonJs(), licences(), sweep()],
  },
  {
    ...shared,
    input: { index: 'src/varlink/index.ts', 'idl/generate-command': 'src/varlink/idl/generate-command.ts' },
    output: output('varlink', 'esm'),
    plugins: [declarations('varlink'), licences(), sweep()],
  },
]);

function output(folder, format) {
  const dir = join(directory, 'dist', folder);
  return { dir, format, chunkFileNames: '[name].js', comments: false, minify: false };
}

/** Says beside the files that they are CommonJS: that of the package says otherwise. */
function commonJs() {
  return {
    name: 'package-json',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
    },
  };
}

/** Puts the declarations that TypeScript made of a folder of src beside the files. */
function declarations(folder) {
  return {
    name: 'declarations',
    generateBundle() {
      const sources = readdirSync(join('src', folder), { recursive: true }).filter((name) => name.endsWith('.ts'));
      for (const fileName of sources.map((name) => name.replace(/\.ts$/, '.d.ts')).sort()) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(join('build/declarations', folder, fileName)) });
      }
    },
  };
}

/** Puts the licences of the packages whose code is in the files beside them, as they ask for. */
function licences() {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
      if (packages.size === 0) return;
      const source = [...packages].sort().map(licenceOf).join('\n');
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
    },
  };
}

/** Takes away what an earlier build has left, and nothing that is there for whoever is starting it now. */
function sweep() {
  return {
    name: 'sweep',
    writeBundle({ dir }, bundle) {
      const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const paths = files.map((file) => join(file.parentPath, file.name));
      const current = new Set(Object.keys(bundle).map((name) => join(dir, name)));
      for (const path of paths.filter((path) => !current.has(path))) rmSync(path);
    },
  };
}

/** @throws Error for a package without one */
function licenceOf(directory) {
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const file = readdirSync(directory).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence`);
  return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
}
