import type { Logger } from 'pino';
import type { ErrorCode, MillraceError } from '../errors.ts';
import type { AddedColumns, OutputColumn, ProgramContract } from '../programs/contract.ts';
import type { Volumes } from './volume-path.ts';

/** What is done with rows, as the row machinery sees it. It knows no ledger. */
export interface RowProgram extends Pick<ProgramContract, 'inputs'>, AddedColumns {
  /**
   * Which of the selected columns it reads of each row.
   * @throws {MillraceError} NO_IMAGE_COLUMN where one of them is not selected
   */
  readColumns(selected: readonly string[]): readonly string[];
  /** Loads what it needs: once for a partition, and not for one without rows. @throws {MillraceError} */
  open(place: ProgramPlace): Promise<OpenProgram>;
}

/** Where a program runs. */
export interface ProgramPlace {
  readonly volumes: Volumes;
  readonly threads: number;
  readonly log: Logger;
}

export interface OpenProgram {
  /** The columns of its outputs, if they are named by what it has loaded. */
  readonly columns?: readonly OutputColumn[];
  /** Rows that it works on at once: fewer take as long. Default: 1. */
  readonly batch?: number;
  /** The model that it runs. */
  readonly model?: OpenModel;
  /** One outcome per row, in order; a row that fails does not disturb the others. Several calls may be under way at once. */
  process(rows: readonly InputRow[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

export interface OpenModel {
  readonly device: 'cpu' | 'cuda';
  /** Images that it takes at once. */
  readonly batch: number;
  /** SHA-256 of its files in hexadecimal digits. */
  digest(): Promise<string>;
}

/** The values of the columns that the program reads. */
export type InputRow = readonly InputValue[];

/** The bytes that the server shows; null is NULL. */
export type InputValue = Buffer | LargeValue | null;

/** A value that is too large to be kept with the rows of a page: it is read when it is its turn. */
export interface LargeValue {
  /** @returns null: NULL. `bytes` is null if there are more than `most` of them. */
  read(most: number): Promise<{ readonly length: number; readonly bytes: Buffer | null } | null>;
}

export type Outcome = DoneRow | FailedRow;

export interface DoneRow {
  /** Each has a value for each of the program's columns. */
  readonly outputs: readonly OutputRow[];
  readonly timings: Timings;
}

export type OutputRow = readonly (string | number | null)[];

export interface FailedRow {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export function failedRow({ code, message }: MillraceError): FailedRow {
  return { error: { code, message } };
}

/** Milliseconds of this row: reading and decoding its files, and its share of its batch's inference. */
export interface Timings {
  readonly decodeMs: number;
  readonly inferMs: number;
}
