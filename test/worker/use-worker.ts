import { randomUUID } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { type DatabasePools, openDatabase } from '../../src/datasource/accounts.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import type { Task } from '../../src/task.ts';
import type { WorkerContext } from '../../src/worker/context.ts';
import { finish } from '../../src/worker/rows/finish.ts';
import { partition } from '../../src/worker/rows/partition.ts';
import { prepare } from '../../src/worker/rows/prepare.ts';
import { type TestDatabase, useDatabase } from '../database.ts';
import type { DatabaseServer } from '../database-servers.ts';
import { type Pictures, usePictures } from '../pictures.ts';

/** The worker's three commands in this process, on a database and pictures of the test file's own. */
export interface TestWorker {
  readonly database: TestDatabase;
  readonly pictures: Pictures;
  /** A statement of its own that writes `table`. */
  context(table: string, select: string, changes?: Partial<Task>): WorkerContext;
  query(sql: string, values?: unknown[]): Promise<RowDataPacket[]>;
  /** The rows that `prepare` numbered. */
  selection(context: WorkerContext): Promise<RowDataPacket[]>;
  ledger(context: WorkerContext): Promise<RowDataPacket[]>;
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
      const task = {
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
      return { task, pool, tables, users, schema, names: selectionNames(task, schema, true), ...pictures, log, signal };
    },
    query,
    selection: ({ names }) => query(`SELECT millrace_row, s.* FROM ${quoteTable(names.selection)} AS s ORDER BY 1`),
    ledger: ({ schema, names }) =>
      query(
        `SELECT row_id, partition_no, detections, error_code, error_message
         FROM ${quoteTable({ database: schema, table: 'ledger' })} WHERE selection_id = ? ORDER BY row_id`,
        [names.id],
      ),
  };
}

const defaults = {
  step: 'step-1',
  writeMode: 'fail',
  partitions: 1,
  partitionBy: null,
  batchSize: 4,
  maxFailedRows: 0,
  threads: 1,
  mounts: ['/datasets', '/models'],
  detect: {
    modelFile: '/models/demo.onnx',
    imageDir: '/datasets',
    imageColumn: null,
    confidence: 0.25,
    iou: 0.45,
    maxDetections: 300,
    imageSize: null,
    device: 'cpu',
  },
} as const;

/** `prepare -> partition × N -> finish` */
export async function runWorkers(context: WorkerContext): Promise<void> {
  await prepare(context);
  await runPartitions(context);
  await finish(context);
}

export async function runPartitions(context: WorkerContext): Promise<void> {
  for (let number = 0; number < context.task.partitions; number++) await partition(context, number);
}
