import type { JsonMode } from './arguments.ts';

/** Where a command prints. */
export interface Output {
  readonly terminal: boolean;
  write(text: string): void;
  /** Waits until what was written is on its way: for those who write without end. False: nobody reads any more. */
  drained(): Promise<boolean>;
}

/** One or several lines of a table cell or a field. */
export type Lines = string | readonly string[];

/** Prints a value as JSON: one line, or indented by a tab as systemd's tools do. */
export function printJson(output: Output, value: unknown, mode: Exclude<JsonMode, 'off'>): void {
  output.write(`${JSON.stringify(value, null, mode === 'pretty' ? '\t' : undefined)}\n`);
}

/** Prints rows in aligned columns, under a heading unless it is undefined. Empty cells show as `-`. */
export function printTable(output: Output, heading: readonly string[] | undefined, rows: readonly Lines[][]): void {
  const shown = rows.flatMap(splitRow);
  const columns = (heading ?? rows[0] ?? []).length;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(heading?.[column]?.length ?? 0, ...shown.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' ')
      .trimEnd();
  if (heading !== undefined) output.write(`${underline(output, line(heading))}\n`);
  for (const row of shown) output.write(`${line(row)}\n`);
}

/** Prints fields as `   Label: value`, aligned at the colon; undefined ones and those without lines are left out. */
export function printFields(output: Output, fields: readonly (readonly [string, Lines | undefined])[]): void {
  const present = fields.flatMap(([label, value]) => {
    const lines = value === undefined ? [] : toLines(value);
    return lines.length === 0 ? [] : [{ label, lines }];
  });
  const width = Math.max(...present.map(({ label }) => label.length));
  for (const { label, lines } of present) {
    lines.forEach((text, index) => {
      output.write(`${index === 0 ? `${label.padStart(width)}: ` : ' '.repeat(width + 2)}${text}\n`);
    });
  }
}

function underline(output: Output, text: string): string {
  return output.terminal ? `\u001b[4m${text}\u001b[0m` : text;
}

function splitRow(row: readonly Lines[]): string[][] {
  const cells = row.map(toLines);
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) => cells.map((lines) => lines[index] ?? (index === 0 ? '-' : '')));
}

/** Names and paths come from whoever registered a machine: no control character of theirs may reach a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function toLines(value: Lines): string[] {
  return (typeof value === 'string' ? [value] : [...value]).filter((text) => text !== '').map(printable);
}
