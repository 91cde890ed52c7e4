import type { LogFilter, LogLine } from '../engine/engine.ts';
import type { Rows } from '../formats/format.ts';
import type { StatementState } from '../ledger/statement-states.ts';
import type { RowTap } from '../ledger/store-result.ts';
import type { LexicalMode } from '../sql/lexical-mode.ts';
import type { Parameters } from '../sql/parameters.ts';
import type { Explanation } from './explain.ts';
import type { Model } from './models.ts';
import type { ProfileView } from './profile-view.ts';
import type { Statement } from './statement.ts';

/** What the front doors offer: on the engine and database of this machine's settings, or on a server with its own. */
export interface Service {
  /** Starts a program. @returns its id. @throws {MillraceError} the errors in the program, with their places */
  submit(sql: string, options?: SubmitOptions): Promise<string>;
  status(id: string): Promise<Statement>;
  /** The statement now and after each change, until it has ended. While it waits, its `error` is the reason. */
  events(id: string, signal?: AbortSignal): AsyncIterable<Statement>;
  logs(id: string, filter: LogFilter): AsyncIterable<LogLine>;
  cancel(id: string): Promise<void>;
  /** @throws {MillraceError} REPEAT_REFUSED, STATEMENT_BUSY */
  retry(id: string, options: { readonly repeat: boolean }): Promise<void>;
  /** Newest first. */
  list(filter: ListFilter): Promise<readonly Statement[]>;
  /** Rows of a step, or of the last step that has any. @throws {MillraceError} NO_RESULT, RESULT_GONE */
  rows(id: string, options?: RowOptions): Promise<Rows>;
  /** Executes nothing. */
  explain(sql: string): Promise<Explanation>;
  models(): Promise<readonly Model[]>;
  /** How a version of a model was trained, as SVG. @param version null: the current one. @throws {MillraceError} UNKNOWN_MODEL, TRAIN_NOT_OURS */
  trainingPicture(name: string, version: number | null): Promise<string>;
  /** Names of the classes that registered models know: TO FIND can name them. */
  classes(): Promise<readonly string[]>;
  /** The administrator's profiles that the user may name. */
  profiles(): Promise<readonly ProfileView[]>;
  /** Stores a file in the database. @returns the id of the statement that registers it */
  storeModel(name: string, bytes: AsyncIterable<Uint8Array>): Promise<string>;
  /** The mode in which the next program's standard SQL is read, as far as it is known here. @throws {MillraceError} DATABASE_… */
  mode(): Promise<LexicalMode>;
  /** `table` in the connection's own database, `database.table` in others. */
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface SubmitOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly parameters?: Parameters | undefined;
  /** Receives the program as submitted, if this machine has inserted the parameters: errors point into this text. */
  readonly onBound?: (text: string) => void;
  /** Receives every row as it arrives, if the program has only standard statements and runs in this process. */
  readonly tap?: RowTap;
}

export interface ListFilter {
  /** Default: all. */
  readonly states?: readonly StatementState[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly submittedBy?: string;
  readonly limit: number;
}

export interface RowOptions {
  readonly step?: string;
  /** Maximum number of rows. Default: all. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}
