import { randomUUID } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { type DatabasePools, openDatabase } from '../../src/datasource/accounts.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { drawPartition, type TakenPartition } from '../../src/ledger/partitions.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import type { ProgramCall } from '../../src/programs/programs.ts';
import { type RowsTask, taskVersion } from '../../src/task.ts';
import type { RowsContext } from '../../src/worker/context.ts';
import { rowProgram } from '../../src/worker/programs/programs.ts';
import { finish } from '../../src/worker/rows/finish.ts';
import { partitions } from '../../src/worker/rows/partitions.ts';
import { prepare } from '../../src/worker/rows/prepare.ts';
import { type TestDatabase, useDatabase } from '../database.ts';
import type { DatabaseServer } from '../database-servers.ts';
import { type Pictures, usePictures } from '../pictures.ts';

/** The worker's three commands in this process, on a database and pictures of the test file's own. */
export interface TestWorker {
  readonly database: TestDatabase;
  readonly pictures: Pictures;
  /** A statement of its own that writes `table`. */
  context(table: string, select: string, changes?: Partial<RowsTask>): RowsContext;
  query(sql: string, values?: unknown[]): Promise<RowDataPacket[]>;
  /** The rows that `prepare` numbered. */
  selection(context: RowsContext): Promise<RowDataPacket[]>;
  ledger(context: RowsContext): Promise<RowDataPacket[]>;
}

export function useWorker(server: DatabaseServer): TestWorker {
  const database = useDatabase(server);
  const pictures = usePictures();
  let pools: DatabasePools;
  beforeAll(async () => {
    pools = openDatabase(database.accounts, { connections: 4 });
    await migrate(pools.system, database.systemSchema);
  });
  afterAll(() => pools?.end());
  const query = async (sql: string, values: unknown[] = []) =>
    (await database.pool.query<RowDataPacket[]>(sql, values))[0];
  return {
    database,
    pictures,
    context(table, select, changes = {}) {
      const task: RowsTask = {
        ...defaults,
        statement: randomUUID(),
        select,
        into: { database: database.name, table },
        ...changes,
      };
      const schema = database.systemSchema;
      const log = pino({ level: 'silent' });
      const { signal } = new AbortController();
      const { system: pool, tables, users } = pools;
      const program = rowProgram(task.program);
      return {
        task,
        program,
        pool,
        tables,
        users,
        schema,
        names: selectionNames(task, schema, true),
        ...pictures,
        answers: null,
        log,
        signal,
      };
    },
    query,
    selection: ({ names }) => query(`SELECT millrace_row, s.* FROM ${quoteTable(names.selection)} AS s ORDER BY 1`),
    ledger: ({ schema, names }) =>
      query(
        `SELECT row_id, partition_no, outputs, error_code, error_message
         FROM ${quoteTable({ database: schema, table: 'ledger' })} WHERE selection_id = ? ORDER BY row_id`,
        [names.id],
      ),
  };
}

const defaults = {
  kind: 'rows',
  version: taskVersion,
  step: 'step-1',
  writeMode: 'fail',
  partitions: 1,
  partitionBy: null,
  workers: 1,
  commitRows: 4,
  maxFailedRows: 0,
  threads: 1,
  mounts: ['/datasets', '/models'],
  program: {
    name: 'detect',
    settings: {
      model: '/models/demo.onnx',
      image_dir: '/datasets',
      image_column: null,
      family: 'auto',
      classes_file: null,
      class_names: null,
      classes: null,
      confidence: 0.25,
      iou: 0.45,
      agnostic_nms: false,
      max_detections: 300,
      output: 'boxes',
      masks: false,
      keypoints: false,
      corners: false,
      latency: null,
      accuracy: null,
      class_coverage: null,
      image_size: null,
      rect: false,
      batch: null,
      device: 'cpu',
    },
  },
} as const;

/** `prepare -> partitions -> finish` */
export async function runWorkers(context: RowsContext): Promise<void> {
  await prepare(context);
  await partitions(context, 0);
  await finish(context);
}

/** The next partition, as a process of the worker draws it that has just started. */
export async function draw(context: RowsContext, worker = 0): Promise<TakenPartition> {
  return (await drawPartition(context, { worker, except: [], isResuming: true }))!;
}

/** The same with other settings of its program. */
export function withSettings(context: RowsContext, changes: Readonly<Record<string, unknown>>): RowsContext {
  const { task } = context;
  const call = { ...task.program, settings: { ...task.program.settings, ...changes } } as ProgramCall;
  return { ...context, task: { ...task, program: call }, program: rowProgram(call) };
}
