import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { transaction, withReconnect } from '../datasource/pool.ts';
import type { ReadRows } from '../datasource/read-sessions.ts';
import type { Submission } from './statement-status.ts';
import { insertParts } from './statement-store.ts';
import { type TableName, tablesOf } from './tables.ts';

/** A query that was answered before it is recorded. */
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

/**
 * Records queries as statements that have succeeded: those of a short time together, after they were answered. A server that is killed
 * forgets the last of them, which changed nothing.
 */
export interface ReadHistory {
  /** Whether so many wait to be written that further queries should not be answered before they are recorded. */
  isFull(): boolean;
  /** Returns before it is written. @throws {MillraceError} DATABASE_… */
  record(read: AnsweredRead): Promise<RecordedTimes>;
  /** Resolves once what has been recorded so far is written. @param id only if this statement is among it */
  written(id?: string): Promise<void>;
}

interface Answered {
  readonly read: AnsweredRead;
  readonly times: RecordedTimes;
}

/** Time for which queries are collected. */
const collectMs = 25;

/** Maximum number of queries in a transaction: with the largest results, it writes some MiB. */
const mostAtOnce = 128;

const mostWaiting = 4096;

/** @param onError told why queries could not be written; their statements are lost */
export function openReadHistory(pool: Pool, schema: string, onError: (error: unknown) => void): ReadHistory {
  const clock = openDatabaseClock(pool);
  const waiting = new Map<string, Answered>();
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    await sleep(collectMs);
    while (waiting.size > 0) {
      const batch = [...waiting.values()].slice(0, mostAtOnce);
      await withReconnect(() => write(pool, schema, batch)).catch(onError);
      for (const { read } of batch) waiting.delete(read.submission.id);
    }
    writing = null;
  }

  return {
    isFull: () => waiting.size >= mostWaiting,
    async record(read) {
      const times = timesOf(read, await clock());
      waiting.set(read.submission.id, { read, times });
      writing ??= writeAll();
      return times;
    },
    async written(id) {
      if (id === undefined || waiting.has(id)) await writing;
    },
  };
}

/** Repeatable: after a lost connection, an earlier try may have written them. */
function write(pool: Pool, schema: string, batch: readonly Answered[]): Promise<void> {
  return transaction(pool, async (connection) => {
    const answered = await withoutWritten(connection, schema, batch);
    if (answered.length === 0) return;
    const insert = async (table: TableName, columns: string, rows: readonly unknown[][]) => {
      if (rows.length === 0) return;
      await connection.query(`INSERT INTO ${tablesOf(schema)(table)} (${columns}) VALUES ?`, [rows]);
    };
    await insert(
      'statements',
      'id, text, plan, state, submitted_by, submitted_at, started_at, finished_at',
      answered.map(({ read: { submission }, times }) => [
        submission.id,
        submission.text,
        JSON.stringify(submission.plan),
        'succeeded',
        submission.submittedBy,
        times.submittedAt,
        times.startedAt,
        times.finishedAt,
      ]),
    );
    await insert('transitions', 'statement_id, state, at', answered.flatMap(transitionsOf));
    const reads = answered.map(({ read }) => read);
    const submissions = reads.map(({ submission }) => submission);
    await insertParts(connection, schema, submissions, 'succeeded');
    await insert('results', 'statement_id, step, columns, row_count, truncated', reads.map(resultOf));
    await insert('result_rows', 'statement_id, step, first_row, row_count, `rows`', reads.flatMap(piecesOf));
    await insert('result_sizes', 'statement_id, step, bytes', reads.map(sizeOf));
  });
}

async function withoutWritten(
  connection: PoolConnection,
  schema: string,
  batch: readonly Answered[],
): Promise<readonly Answered[]> {
  const ids = batch.map(({ read }) => read.submission.id);
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT id FROM ${tablesOf(schema)('statements')} WHERE id IN (?)`,
    [ids],
  );
  const known = new Set(rows.map(({ id }) => id));
  return batch.filter(({ read }) => !known.has(read.submission.id));
}

function transitionsOf({ read: { submission }, times }: Answered): readonly unknown[][] {
  return [
    [submission.id, 'queued', times.submittedAt],
    [submission.id, 'running', times.startedAt],
    [submission.id, 'succeeded', times.finishedAt],
  ];
}

function resultOf({ submission, step, result: { columns, rows } }: AnsweredRead): unknown[] {
  return [submission.id, step, JSON.stringify(columns), rows.length, false];
}

function piecesOf({ submission, step, result: { rows } }: AnsweredRead): readonly unknown[][] {
  return rows.length === 0 ? [] : [[submission.id, step, 0, rows.length, `[${rows.join(',')}]`]];
}

function sizeOf({ submission, step, result: { bytes } }: AnsweredRead): unknown[] {
  return [submission.id, step, bytes];
}

/** How long the difference between the clocks is known. */
const knownMs = 5_000;

/** All times of the history are those of the database. @returns microseconds of its time at 0 of `performance.now()` */
function openDatabaseClock(pool: Pool): () => Promise<number> {
  let known: { readonly zero: number; readonly until: number } | null = null;
  return async () => {
    if (known === null || performance.now() > known.until) {
      const [[row]] = await pool.query<RowDataPacket[]>('SELECT NOW(6) AS now');
      const here = performance.now();
      known = { zero: microseconds(row!.now) - here * 1000, until: here + knownMs };
    }
    return known.zero;
  };
}

function timesOf({ submitted, started, finished }: AnsweredRead, zero: number): RecordedTimes {
  const at = (time: number) => written(Math.round(zero + time * 1000));
  return { submittedAt: at(submitted), startedAt: at(started), finishedAt: at(finished) };
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
