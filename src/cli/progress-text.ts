/** How far something has got. What is not known is left out. */
export interface Progress {
  readonly bytes?: number | undefined;
  readonly files?: number | undefined;
  /** Bytes there will be. */
  readonly total?: number | undefined;
}

const WIDTH = 20;

/** `Copying [########------------]  42 %, 1.2 GiB in 340 files, 12 s`, with a bar where it is known how much there is. */
export function progressText(doing: string, { bytes, files, total }: Progress, seconds: number): string {
  const parts: string[] = [];
  if (bytes !== undefined && files !== undefined) {
    parts.push(`${sizeText(bytes)} in ${files} ${files === 1 ? 'file' : 'files'}`);
  }
  parts.push(`${Math.floor(seconds)} s`);
  if (bytes !== undefined && total !== undefined && total > 0) {
    // What grows while it is copied is no more than all of it.
    const part = Math.min(1, bytes / total);
    const filled = Math.round(part * WIDTH);
    const bar = '#'.repeat(filled).padEnd(WIDTH, '-');
    return `${doing} [${bar}] ${String(Math.floor(part * 100)).padStart(3)} %, ${parts.join(', ')}`;
  }
  return `${doing}: ${parts.join(', ')}`;
}

/** `1.2 GiB`; bytes as they are. */
function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
