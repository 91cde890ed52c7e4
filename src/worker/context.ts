import type { Pool } from 'mysql2/promise';
import type { Logger } from 'pino';
import type { SelectionTask, StatementTask, Task } from '../task.ts';
import type { SelectionNames } from './selection.ts';

/** What every command of the worker needs. */
export interface WorkerContext<T extends SelectionTask | StatementTask = Task> {
  readonly task: T;
  readonly pool: Pool;
  /** The system schema's name. */
  readonly schema: string;
  readonly names: SelectionNames;
  /** Mount paths and the folders that stand for them here. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Aborted when the worker is to end in good order. */
  readonly signal: AbortSignal;
}
