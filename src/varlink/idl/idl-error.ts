/** An interface definition that cannot be understood. Lines and columns count from 1. */
export class IdlError extends Error {
  override readonly name = 'IdlError';
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${message}`);
    this.line = line;
    this.column = column;
  }
}
