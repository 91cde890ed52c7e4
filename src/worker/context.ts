import type { Pool } from 'mysql2/promise';
import type { Logger } from 'pino';
import type { SelectionTask, StatementTask, Task } from '../task.ts';
import type { SelectionNames } from './selection.ts';
import type { Volumes } from './volume-path.ts';

/** What every command of the worker needs. */
export interface WorkerContext<T extends SelectionTask | StatementTask = Task> {
  readonly task: T;
  readonly pool: Pool;
  /** The system schema's name. */
  readonly schema: string;
  readonly names: SelectionNames;
  readonly volumes: Volumes;
  readonly log: Logger;
  /** Aborted when the worker is to end in good order. */
  readonly signal: AbortSignal;
}
