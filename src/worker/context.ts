import type { Pool } from 'mysql2/promise';
import type { Logger } from 'pino';
import type { AnswerStore } from '../answer-store.ts';
import type { SelectionNames } from '../ledger/selection-names.ts';
import type { RowsTask, SelectionTask, StatementTask } from '../task.ts';
import type { RowProgram } from './row-program.ts';
import type { Volumes } from './volume-path.ts';

/** What every command of the worker needs. */
export interface WorkerContext<T extends SelectionTask | StatementTask = SelectionTask | StatementTask> {
  readonly task: T;
  /** Of the system schema; writes results. */
  readonly pool: Pool;
  /** For our own statements on tables of users, with no more rights than they have. */
  readonly tables: Pool;
  /** For SQL that users wrote. */
  readonly users: Pool;
  /** The system schema's name. */
  readonly schema: string;
  readonly names: SelectionNames;
  readonly volumes: Volumes;
  /** Answers of models to earlier statements; null: none are kept. */
  readonly answers: AnswerStore | null;
  readonly log: Logger;
  /** Aborted when the worker is to end in good order. */
  readonly signal: AbortSignal;
}

/** A program over rows. */
export interface RowsContext extends WorkerContext<RowsTask> {
  readonly program: RowProgram;
}
