// @bcoe/v8-coverage brings no types of its own.
declare module '@bcoe/v8-coverage' {
  /** What V8 tells of a script (`Profiler.ScriptCoverage` of its inspector protocol). */
  export interface ScriptCov {
    readonly scriptId: string;
    readonly url: string;
    readonly functions: {
      readonly functionName: string;
      readonly isBlockCoverage: boolean;
      readonly ranges: { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }
  export interface ProcessCov {
    readonly result: readonly ScriptCov[];
  }
  export function mergeProcessCovs(processes: readonly ProcessCov[]): ProcessCov;
}
