import { formatManifest, type Manifest, manifestPath } from './manifest.ts';
import type { Step } from './plan.ts';
import type { Target } from './target.ts';
import { Transaction } from './transaction.ts';

/**
 * Does what was planned for an installation, all of it or nothing, and notes what is ours now.
 * @throws Error that names the file at which it could not go on
 */
export function applyInstall(target: Target, prefix: string, steps: readonly Step[], old: Manifest | undefined): void {
  const note = manifestPath(prefix);
  const made = new Set([note, ...written(steps)].flatMap((path) => target.missingDirectories(path)));
  const directories = [...new Set([...(old?.directories ?? []), ...made])].sort();
  const ours = new Map(steps.flatMap(({ path, ours }) => (ours.length === 0 ? [] : [[path, ours] as const])));
  const text = formatManifest({ files: ours, directories });
  if (steps.every(({ action }) => action === 'keep' || action === 'leave') && target.read(note)?.toString() === text) {
    return;
  }
  Transaction.run((transaction) => {
    for (const path of [...made].sort()) transaction.makeDirectory(target.real(path));
    // Before any file, so that also what is half done can be taken away, should this process be killed.
    const both = new Map(ours);
    for (const [path, sums] of old?.files ?? []) both.set(path, [...new Set([...sums, ...(ours.get(path) ?? [])])]);
    transaction.write(target.real(note), formatManifest({ files: both, directories }), 0o644);
    for (const { path, action, file } of steps) {
      if (file !== undefined) transaction.write(target.real(path), file.content, file.mode);
      else if (action === 'remove') transaction.remove(target.real(path));
    }
    transaction.write(target.real(note), text, 0o644);
  });
}

/** Does what was planned for taking an installation away, all of it or nothing. @throws as {@link applyInstall} */
export function applyUninstall(target: Target, prefix: string, steps: readonly Step[], manifest: Manifest): void {
  Transaction.run((transaction) => {
    for (const { path, action } of steps) if (action === 'remove') transaction.remove(target.real(path));
    transaction.remove(target.real(manifestPath(prefix)));
    for (const path of [...manifest.directories].reverse()) transaction.removeIfEmpty(target.real(path));
  });
}

function written(steps: readonly Step[]): string[] {
  return steps.flatMap(({ path, file }) => (file === undefined ? [] : [path]));
}
