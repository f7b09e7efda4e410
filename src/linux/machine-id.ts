import { readFileSync } from 'node:fs';

/**
 * The id of this installation as 32 hexadecimal digits (machine-id(5)), or undefined where it has none yet, as in an
 * image that was not booted.
 */
export function readMachineId(
  paths: readonly string[] = ['/etc/machine-id', '/var/lib/dbus/machine-id'],
): string | undefined {
  for (const path of paths) {
    const text = readIfThere(path)?.trim().toLowerCase();
    if (text !== undefined && /^[0-9a-f]{32}$/.test(text)) return text;
  }
  return undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
