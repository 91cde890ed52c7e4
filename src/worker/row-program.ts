import type { Pool } from 'mysql2/promise';
import type { Logger } from 'pino';
import type { AnswerStore } from '../answer-store.ts';
import type { ResultColumn } from '../datasource/column-types.ts';
import type { ErrorCode, MillraceError } from '../errors.ts';
import type { AddedColumns, OutputColumn, ProgramContract } from '../programs/contract.ts';
import type { InputColumn } from '../programs/predict/check-inputs.ts';
import type { TabularInput } from '../tabular-model.ts';
import type { TableTarget } from '../task.ts';
import type { Volumes } from './volume-path.ts';

/** What is done with rows, as the row machinery sees it. It knows no ledger. */
export interface RowProgram extends Pick<ProgramContract, 'inputs'>, AddedColumns {
  /**
   * Which of the selected columns it reads of each row.
   * @throws {MillraceError} NO_IMAGE_COLUMN, UNKNOWN_COLUMN if one of them is not selected
   */
  readColumns(selected: readonly string[]): readonly string[];
  /** Refuses columns whose values it cannot read, before any row is read; absent: it reads all. @throws {MillraceError} */
  checkColumns?(selected: readonly InputColumn[]): void;
  /** Whether it reads values by their types, as `ColumnRow`; absent: their bytes, as `InputRow`. */
  readonly readsValues?: boolean;
  /** Whether a selected column with the name of one that it adds is left out of the result; absent: that is an error. */
  readonly replacesColumns?: boolean;
  /** The only selected columns that the result has; absent: all. */
  readonly keeps?: readonly string[];
  /** Whether it needs all rows at once; absent: it does not. */
  readonly needsAllRows?: boolean;
  /** Maximum number of rows that it can take; absent: any number. */
  readonly mostRows?: number;
  /** Loads what it needs: once for a partition, and not for one without rows. @throws {MillraceError} */
  open(place: ProgramPlace): Promise<OpenProgram<AnyRow>>;
  /** What is published instead of the outputs; absent: they are. */
  readonly summary?: RowSummary;
  /** What the statement returns besides: it sums up the outputs before they are published; absent: nothing. @throws {MillraceError} */
  answer?(place: SummaryPlace): Promise<Answer>;
  /** Compares the outputs with labels, before they are published; absent: none are given. @throws {MillraceError} */
  compare?(place: SummaryPlace): Promise<Comparison>;
}

/** Rows that the statement returns. */
export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly OutputRow[];
}

/** For how many labelled rows the outputs are right. */
export interface Comparison {
  readonly right: number;
  readonly labelled: number;
}

/** What is computed of the outputs of all rows, in the end. */
export interface RowSummary {
  readonly columns: readonly OutputColumn[];
  /** Refuses, before any work, what could not be computed. @throws {MillraceError} */
  check(place: SummaryPlace): Promise<void>;
  compute(place: SummaryPlace): Promise<Summary>;
}

export interface SummaryPlace {
  /** Reads the outputs. */
  readonly pool: Pool;
  /** Reads tables of users, with no more rights than they have. */
  readonly tables: Pool;
  /** The database of names without one. */
  readonly database: string | null;
  readonly volumes: Volumes;
  /** Columns of the selection, which the outputs have as well. */
  readonly selected: readonly string[];
  readonly outputs: TableTarget;
  /** SQL of the selection's key, by which an existing table tells its rows from others. */
  readonly selection: string;
  /** SQL of columns of the selected rows that did not fail. */
  processed(columns: readonly string[]): string;
  /** What the rows took: figures by name. */
  readonly speed: Readonly<Record<string, number | null>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Summary {
  /** Each has a value for each of the summary's columns. */
  readonly rows: readonly OutputRow[];
  /** Figures of the model for the registry. */
  readonly images: number;
  readonly accuracy: Readonly<Record<string, number | null>>;
  readonly perClass: readonly ClassFigures[];
}

interface ClassFigures {
  readonly classId: number;
  readonly name: string;
  readonly ap: number | null;
  readonly right: number | null;
  readonly wrong: number | null;
  /** Images that show the class. */
  readonly shown: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly images: number | null;
}

/** Where a program runs. */
export interface ProgramPlace {
  readonly volumes: Volumes;
  readonly threads: number;
  /** Answers of models to earlier statements; null: none are kept. */
  readonly answers: AnswerStore | null;
  readonly log: Logger;
  /** Aborted when the work is to end. */
  readonly signal: AbortSignal;
}

/** What the file of a model says about tables. */
export interface ModelTable {
  /** The columns that it reads. */
  readonly reads: readonly TabularInput[];
  /** Selected columns of any kind that the program reads after those. */
  readonly alsoReads?: readonly string[];
  /** The columns that the program adds; absent: the file does not say. */
  readonly columns?: readonly OutputColumn[];
}

export interface OpenProgram<Row extends AnyRow = InputRow> {
  /** The columns of its outputs, if they are named by what it has loaded. */
  readonly columns?: readonly OutputColumn[];
  /** Rows that it works on at once: fewer take as long. Default: 1. */
  readonly batch?: number;
  /** The model that it runs. */
  readonly model?: OpenModel;
  /** One outcome per row, in order; a row that fails does not disturb the others. Several calls may be under way at once. */
  process(rows: readonly Row[]): Promise<readonly Outcome[]>;
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

/** The values of the columns that the program reads, by their types. */
export type ColumnRow = readonly ColumnValue[];

/** A number, or a text; null is NULL. An error says why the value cannot be read. */
export type ColumnValue = number | string | null | MillraceError;

export type AnyRow = InputRow | ColumnRow;

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
  /** The models that the row was put to, for a program that asks several. */
  readonly asked?: readonly AskedModel[];
}

export interface AskedModel {
  /** Its place in the order in which models are asked, from 0. */
  readonly model: number;
  /** Whether no model had to be asked after it. */
  readonly isLast: boolean;
  /** Whether a stored answer answered. */
  readonly isStored: boolean;
  /** Milliseconds: the row's share of its batch's inference. */
  readonly inferMs: number;
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
