import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction } from '../datasource/pool.ts';
import type { ReadRows } from '../datasource/read-sessions.ts';
import type { Submission } from './statement-status.ts';
import { insertParts } from './statement-store.ts';
import { type TableName, tablesOf } from './tables.ts';

/** A query that was answered before it was recorded. */
export interface AnsweredRead {
  readonly submission: Submission;
  /** Name of its only step. */
  readonly step: string;
  readonly result: ReadRows;
  /** Times of `performance.now()`. */
  readonly submitted: number;
  readonly started: number;
  readonly finished: number;
}

/** Times of the database: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export interface RecordedTimes {
  readonly submittedAt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Records queries as statements that have succeeded. */
export interface ReadHistory {
  /** Resolves once it is committed, with others that wait at the same time. @throws {MillraceError} DATABASE_…: it may not be recorded */
  record(read: AnsweredRead): Promise<RecordedTimes>;
}

/** Maximum number of queries in a transaction: of the largest results, it is a packet of some MiB. */
const mostAtOnce = 64;

interface Waiting {
  readonly read: AnsweredRead;
  readonly resolve: (times: RecordedTimes) => void;
  readonly reject: (error: unknown) => void;
}

export function openReadHistory(pool: Pool, schema: string): ReadHistory {
  const waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) await writeSome(waiting.splice(0, mostAtOnce));
    isWriting = false;
  }

  async function writeSome(batch: readonly Waiting[]): Promise<void> {
    try {
      const times = await write(
        pool,
        schema,
        batch.map(({ read }) => read),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(times[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    record: (read) =>
      new Promise((resolve, reject) => {
        waiting.push({ read, resolve, reject });
        void writeAll();
      }),
  };
}

function write(pool: Pool, schema: string, reads: readonly AnsweredRead[]): Promise<readonly RecordedTimes[]> {
  return transaction(pool, async (connection) => {
    const times = await timesOf(connection, reads);
    const insert = async (table: TableName, columns: string, rows: readonly unknown[][]) => {
      await connection.query(`INSERT INTO ${tablesOf(schema)(table)} (${columns}) VALUES ?`, [rows]);
    };
    const each = <T>(of: (read: AnsweredRead, times: RecordedTimes) => T): T[] =>
      reads.map((read, index) => of(read, times[index]!));
    await insert(
      'statements',
      'id, text, plan, state, submitted_by, submitted_at, started_at, finished_at',
      each(({ submission: { id, text, plan, submittedBy } }, { submittedAt, startedAt, finishedAt }) => [
        id,
        text,
        JSON.stringify(plan),
        'succeeded',
        submittedBy,
        submittedAt,
        startedAt,
        finishedAt,
      ]),
    );
    await insert(
      'transitions',
      'statement_id, state, at',
      each(({ submission: { id } }, { submittedAt, startedAt, finishedAt }) => [
        [id, 'queued', submittedAt],
        [id, 'running', startedAt],
        [id, 'succeeded', finishedAt],
      ]).flat(),
    );
    const submissions = reads.map(({ submission }) => submission);
    await insertParts(connection, schema, submissions, 'succeeded');
    await insertResults(insert, reads);
    return times;
  });
}

async function insertResults(
  insert: (table: TableName, columns: string, rows: readonly unknown[][]) => Promise<void>,
  reads: readonly AnsweredRead[],
): Promise<void> {
  const each = (of: (read: AnsweredRead) => readonly unknown[]) =>
    reads.map((read) => [read.submission.id, read.step, ...of(read)]);
  await insert(
    'results',
    'statement_id, step, columns, row_count, truncated',
    each(({ result: { columns, rows } }) => [JSON.stringify(columns), rows.length, false]),
  );
  const pieces = reads.flatMap(({ submission: { id }, step, result: { rows } }) =>
    rows.length === 0 ? [] : [[id, step, 0, rows.length, `[${rows.join(',')}]`]],
  );
  if (pieces.length > 0) await insert('result_rows', 'statement_id, step, first_row, row_count, `rows`', pieces);
  await insert(
    'result_sizes',
    'statement_id, step, bytes',
    each(({ result: { bytes } }) => [bytes]),
  );
}

/** By the clock of the database, as all times of the history are. */
async function timesOf(connection: PoolConnection, reads: readonly AnsweredRead[]): Promise<readonly RecordedTimes[]> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT NOW(6) AS now');
  const now = microseconds(row!.now);
  const here = performance.now();
  const at = (time: number) => written(now - Math.round((here - time) * 1000));
  return reads.map(({ submitted, started, finished }) => ({
    submittedAt: at(submitted),
    startedAt: at(started),
    finishedAt: at(finished),
  }));
}

/** @param time `YYYY-MM-DD HH:MM:SS.ffffff` */
function microseconds(time: string): number {
  return Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`) * 1000 + Number(time.slice(20));
}

function written(time: number): string {
  const milliseconds = Math.floor(time / 1000);
  const rest = String(time - milliseconds * 1000).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '')}${rest}`;
}
