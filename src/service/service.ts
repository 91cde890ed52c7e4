import type { LogFilter, LogLine } from '../engine/engine.ts';
import type { Rows } from '../formats/format.ts';
import type { StatementState } from '../ledger/statement-states.ts';
import type { RowTap } from '../ledger/store-result.ts';
import type { Parameters } from '../sql/parameters.ts';
import type { Explanation } from './explain.ts';
import type { Statement } from './statement.ts';

/** What commands work with: the engine and database of this machine's settings, or a server that has its own. */
export interface Service {
  /** Starts a program. @returns its id. @throws {MillraceError} what is wrong with the program, with its places in it */
  submit(sql: string, options?: SubmitOptions): Promise<string>;
  status(id: string): Promise<Statement>;
  /** The statement now and after each change, until it has ended; what holds it up is its `error` meanwhile. */
  events(id: string, signal?: AbortSignal): AsyncIterable<Statement>;
  logs(id: string, filter: LogFilter): AsyncIterable<LogLine>;
  cancel(id: string): Promise<void>;
  /** @throws {MillraceError} REPEAT_REFUSED, STATEMENT_BUSY */
  retry(id: string, options: { readonly repeat: boolean }): Promise<void>;
  /** Newest first. */
  list(filter: ListFilter): Promise<readonly Statement[]>;
  /** Rows of a step, or of the last step that has any. @throws {MillraceError} NO_RESULT, RESULT_GONE */
  rows(id: string, options?: RowOptions): Promise<Rows>;
  /** Nothing is executed. */
  explain(sql: string): Promise<Explanation>;
  models(): Promise<readonly Model[]>;
  /** `table` in the connection's own database, `database.table` in others. */
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface SubmitOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly parameters?: Parameters | undefined;
  /** The program as it was submitted, with its parameters, where this machine has written them in: errors point into it. */
  readonly onBound?: (text: string) => void;
  /** Is given every row, as it comes, of a program of standard statements that runs in this process. */
  readonly tap?: RowTap;
}

export interface ListFilter {
  /** None: all. */
  readonly states?: readonly StatementState[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly submittedBy?: string;
  readonly limit: number;
}

export interface RowOptions {
  readonly step?: string;
  /** How many at most; all if not given. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface Model {
  readonly name: string;
  readonly file: string;
}
