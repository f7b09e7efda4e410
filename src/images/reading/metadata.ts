import { isUtf8 } from 'node:buffer';
import type { RootDirectory } from '../../linux/root-directory.ts';
import { parseAssignments } from '../../machine/env-file.ts';
import type { ImageMetadata } from '../../machine/images.ts';

/**
 * What the files of a system say of it. A file that is not there, cannot be read, is longer than 64 KiB or says nothing
 * that it should is as good as absent (systemd 262).
 * @param root of the system: no link in it leads out
 */
export function readMetadata(root: RootDirectory): ImageMetadata {
  const hostname = readHostname(root);
  const machineId = readMachineId(root);
  return {
    ...(hostname !== undefined && { hostname }),
    ...(machineId !== undefined && { machineId }),
    machineInfo: fieldsOf(readIfThere(root, '/etc/machine-info')),
    osRelease: fieldsOf(readIfThere(root, '/etc/os-release') ?? readIfThere(root, '/usr/lib/os-release')),
  };
}

/**
 * hostname(5): a line with the name, and perhaps others that begin with #. What a host name cannot have is left out of
 * it (systemd 262), but for the `?` that stands for a digit of the machine's id.
 */
function readHostname(root: RootDirectory): string | undefined {
  const lines =
    readIfThere(root, '/etc/hostname')
      ?.split('\n')
      .map((line) => line.trim()) ?? [];
  const line = lines.find((text) => text !== '' && !text.startsWith('#')) ?? '';
  const name = line.replace(/[^A-Za-z0-9?.-]/g, '').slice(0, 64);
  return name.replace(/^[.-]+|[.-]+$/g, '').replace(/[.-]*\.[.-]*/g, '.') || undefined;
}

/** machine-id(5): `uninitialized` and the like are no id. */
function readMachineId(root: RootDirectory): string | undefined {
  const text = readIfThere(root, '/etc/machine-id') ?? '';
  const id = /^([0-9A-Fa-f]{32})\n?$/.exec(text)?.[1]?.toLowerCase();
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

function fieldsOf(text: string | undefined): readonly string[] {
  return [...parseAssignments(text ?? '')].map(([key, value]) => `${key}=${value}`);
}

/** A directory in a file's place says nothing; neither does what is no text. */
function readIfThere(root: RootDirectory, path: string): string | undefined {
  try {
    const bytes = root.readFile(path, MAXIMUM_SIZE);
    return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR' ? '' : undefined;
  }
}

const MAXIMUM_SIZE = 64 * 1024;
