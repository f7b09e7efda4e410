import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs, type ProcessCov, type ScriptCov } from '@bcoe/v8-coverage';
import { convert } from 'ast-v8-to-istanbul';
import type { CoverageMap, CoverageMapData, FileCoverage, FileCoverageData, Range } from 'istanbul-lib-coverage';
import { parseAstAsync } from 'vite';
import { projectRoot } from '../support/project-root.ts';

/**
 * Adds what processes have run of src, by what Node wrote into a directory as each ended (NODE_V8_COVERAGE). The map has
 * all files already.
 */
export async function addProcesses(directory: string, map: CoverageMap): Promise<void> {
  let merged: ProcessCov = { result: [] };
  for (const name of readdirSync(directory)) {
    const ours = readCoverage(join(directory, name)).result.flatMap((script) => inProject(script) ?? []);
    if (ours.length > 0) merged = mergeProcessCovs([merged, { result: ours }]);
  }
  for (const script of merged.result) {
    for (const [path, file] of Object.entries(await ofSources(script))) {
      if (map.files().includes(path)) addFile(map.fileCoverageFor(path), file as FileCoverageData);
    }
  }
}

/** Who was killed while it wrote has left half of it. */
function readCoverage(path: string): ProcessCov {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessCov;
  } catch (error) {
    if (error instanceof SyntaxError) return { result: [] };
    throw error;
  }
}

/** Where the project is in a lab, and for other users (test/support/as-user.ts). */
const ELSEWHERE = /^file:\/\/(\/project|\/mnt\/project)(?=\/dist\/)/;

/** A script of ours by where it is for us; undefined when it is none. */
function inProject(script: ScriptCov): ScriptCov | undefined {
  const url = script.url.replace(ELSEWHERE, `file://${projectRoot}`);
  return url.startsWith(`file://${projectRoot}/dist/`) ? { ...script, url } : undefined;
}

async function ofSources(coverage: ScriptCov): Promise<CoverageMapData> {
  const path = fileURLToPath(coverage.url);
  if (!existsSync(`${path}.map`)) return {};
  const code = readFileSync(path, 'utf8');
  const sourceMap = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
  return convert({ ast: parseAstAsync(code), code, wrapperLength: 0, coverage, sourceMap });
}

/**
 * The same source was compiled by another compiler, which agrees about where things begin, but not about where they end:
 * so one is the other where it begins at the same place.
 */
function addFile(to: FileCoverage, file: FileCoverageData): void {
  const statements = new Map(Object.entries(to.statementMap).map(([id, range]) => [beginning(range), id]));
  for (const [id, range] of Object.entries(file.statementMap)) {
    const same = statements.get(beginning(range));
    if (same !== undefined) to.s[same] = (to.s[same] ?? 0) + (file.s[id] ?? 0);
  }
  const branches = new Map(Object.entries(to.branchMap).map(([id, { type, loc }]) => [type + beginning(loc), id]));
  for (const [id, { type, loc }] of Object.entries(file.branchMap)) {
    const same = branches.get(type + beginning(loc));
    if (same !== undefined) to.b[same] = (to.b[same] ?? []).map((count, way) => count + (file.b[id]?.[way] ?? 0));
  }
}

function beginning({ start }: Range): string {
  return `${start.line}:${start.column}`;
}
