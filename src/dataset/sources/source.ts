import type { DatasetRow, Shape } from '../tables.ts';

/** Files to import. Their rows are read once, in bounded memory, and are the same each time. */
export interface Source {
  readonly shape: Shape;
  /** Size in the unit of `onProgress`. */
  readonly size: number;
  /** Identifies the files' contents: equal for equal files. */
  readonly fingerprint: string;
  /** @param onProgress called with how much has been read */
  rows(onProgress: (done: number) => void): AsyncIterable<readonly DatasetRow[]>;
  /** What a person should know about the files, after the rows have been read. */
  remarks(): readonly string[];
}
