import { compareVersions } from './version.ts';

/** A name in a versioned directory: `NAME_VERSION[_ARCHITECTURE][+LEFT[-DONE]]SUFFIX` (systemd.v(7)). */
interface Version {
  readonly file: string;
  readonly version: string;
  /** How well this machine runs it: 2 its own architecture, 1 another that it can, 0 none is said. */
  readonly fit: number;
  /** How often it may still be tried; infinite: it has been found good. */
  readonly left: number;
  readonly done: number;
}

/**
 * Which of the names in a directory `NAME.v` is the newest that can be used: those that have tries left before those
 * that have not, then by version, architecture, tries left (more) and tries done (fewer). As systemd 262.
 * @param suffix `.raw`, `.mstack` or none
 */
export function pickVersion(files: readonly string[], name: string, suffix: string): string | undefined {
  let best: Version | undefined;
  for (const file of files) {
    const version = parse(file, name, suffix);
    if (version !== undefined && (best === undefined || compare(version, best) > 0)) best = version;
  }
  return best?.file;
}

function parse(file: string, name: string, suffix: string): Version | undefined {
  if (!file.startsWith(`${name}_`) || !file.endsWith(suffix)) return undefined;
  const rest = file.slice(name.length + 1, file.length - suffix.length);
  const [, tried = '', left, done = '0'] = /^(.*?)(?:\+(\d+)(?:-(\d+))?)?$/s.exec(rest) ?? [];
  const [, stem = tried, last] = /^(.*)_([^_]*)$/s.exec(tried) ?? [];
  const architecture = last !== undefined && architectures.has(last) ? last : undefined;
  if (architecture !== undefined && !own.includes(architecture)) return undefined;
  const fit = architecture === undefined ? 0 : architecture === own[0] ? 2 : 1;
  const version = architecture === undefined ? tried : stem;
  if (!/^[A-Za-z0-9.~^_-]+$/.test(version)) return undefined;
  const tries = [Number(left ?? 0), Number(done)];
  if (tries.some((count) => count > MAXIMUM_TRIES)) return undefined;
  return { file, version, fit, left: left === undefined ? Number.POSITIVE_INFINITY : Number(left), done: Number(done) };
}

function compare(a: Version, b: Version): number {
  const untried = Number(b.left === 0) - Number(a.left === 0);
  return (
    untried ||
    compareVersions(a.version, b.version) ||
    a.fit - b.fit ||
    order(a.left, b.left) ||
    order(b.done, a.done) ||
    order(a.file, b.file)
  );
}

function order<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const MAXIMUM_TRIES = 0xffff_ffff;

/** What this machine can run, its own architecture first, by the names of systemd (systemd.unit(5)). */
const own: readonly string[] =
  (
    {
      x64: ['x86-64', 'x86'],
      ia32: ['x86'],
      arm64: ['arm64', 'arm'],
      arm: ['arm'],
      riscv64: ['riscv64'],
      ppc64: ['ppc64-le', 'ppc-le'],
      s390x: ['s390x', 's390'],
      loong64: ['loongarch64'],
    } as Partial<Record<string, readonly string[]>>
  )[process.arch] ?? [];

/** All that can stand at that place; anything else there is part of the version. */
const architectures: ReadonlySet<string> = new Set(
  (
    'x86-64 x86 arm64 arm64-be arm arm-be alpha arc arc-be cris ia64 loongarch64 m68k mips mips-le mips64 mips64-le ' +
    'nios2 parisc parisc64 ppc ppc-le ppc64 ppc64-le riscv32 riscv64 s390 s390x sh sh64 sparc sparc64 tilegx'
  ).split(' '),
);
