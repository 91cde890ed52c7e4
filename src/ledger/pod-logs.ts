import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { tablesOf } from './tables.ts';

/** The log of a pod of a statement. */
export interface LoggedPod {
  readonly name: string;
  readonly step: string;
  /** `prepare`, `worker-3`, `partition-3`, `finish`, `statement` */
  readonly source: string;
  /** When Kubernetes created the pod, in its form. */
  readonly createdAt: string;
}

/** An attempt of a statement whose logs this process stores. */
export interface DueLogs {
  readonly statement: string;
  readonly attempt: number;
}

/** Logs of pods, which stay when the pods are gone. */
export interface PodLogStore {
  /** Takes an attempt that has ended; null: there is none. Another process may take it once it was not renewed for minutes. */
  take(): Promise<DueLogs | null>;
  renew(due: DueLogs): Promise<void>;
  /** All of its logs are stored. */
  settle(due: DueLogs): Promise<void>;
  /** Stores a pod's log, unless it is stored already. */
  add(statement: string, pod: LoggedPod, lines: readonly string[]): Promise<void>;
  list(statement: string): Promise<readonly LoggedPod[]>;
  /** Bytes of text that are stored of a statement, before compression. */
  size(statement: string): Promise<number>;
  lines(statement: string, pod: string): Promise<readonly string[]>;
}

const leaseMinutes = 5;
/** Pods of a statement that failed are kept for a week at most; those of one that succeeded, for an hour. */
const givenUpAfterDays = 8;

export function openPodLogStore(pool: Pool, schema: string): PodLogStore {
  const table = tablesOf(schema);
  return {
    async take() {
      const token = randomUUID();
      const [taken] = await pool.query<ResultSetHeader>(
        `UPDATE ${table('due_logs')} SET taken_by = ?, taken_at = NOW(6)
         WHERE due_at > NOW(6) - INTERVAL ${givenUpAfterDays} DAY
         AND (taken_at IS NULL OR taken_at < NOW(6) - INTERVAL ${leaseMinutes} MINUTE) ORDER BY due_at LIMIT 1`,
        [token],
      );
      if (taken.affectedRows === 0) return null;
      const [[row]] = await pool.query<RowDataPacket[]>(
        `SELECT statement_id AS statement, attempt FROM ${table('due_logs')} WHERE taken_by = ?`,
        [token],
      );
      return row === undefined ? null : { statement: row.statement, attempt: row.attempt };
    },

    async renew({ statement, attempt }) {
      await pool.query(`UPDATE ${table('due_logs')} SET taken_at = NOW(6) WHERE statement_id = ? AND attempt = ?`, [
        statement,
        attempt,
      ]);
    },

    async settle({ statement, attempt }) {
      await pool.query(`DELETE FROM ${table('due_logs')} WHERE statement_id = ? AND attempt = ?`, [statement, attempt]);
    },

    async add(statement, { name, step, source, createdAt }, lines) {
      const text = Buffer.from(lines.join('\n'));
      const compressed = await promisify(gzip)(text);
      // A statement that was purged meanwhile gets no logs.
      await pool.query(
        `INSERT IGNORE INTO ${table('pod_logs')} (statement_id, pod, step, source, created_at, text_bytes, text)
         SELECT id, ?, ?, ?, ?, ?, ? FROM ${table('statements')} WHERE id = ?`,
        [name, step, source, createdAt, text.length, compressed, statement],
      );
    },

    async list(statement) {
      const [rows] = await pool.query<RowDataPacket[]>(
        `SELECT pod, step, source, created_at FROM ${table('pod_logs')} WHERE statement_id = ?`,
        [statement],
      );
      return rows.map(({ pod, step, source, created_at }) => ({ name: pod, step, source, createdAt: created_at }));
    },

    async size(statement) {
      const [[row]] = await pool.query<RowDataPacket[]>(
        `SELECT COALESCE(SUM(text_bytes), 0) AS size FROM ${table('pod_logs')} WHERE statement_id = ?`,
        [statement],
      );
      return Number(row?.size);
    },

    async lines(statement, pod) {
      const [[row]] = await pool.query<RowDataPacket[]>(
        `SELECT text_bytes, text FROM ${table('pod_logs')} WHERE statement_id = ? AND pod = ?`,
        [statement, pod],
      );
      if (row === undefined || row.text_bytes === 0) return [];
      return (await promisify(gunzip)(row.text)).toString().split('\n');
    },
  };
}

/** Notes that an attempt has ended, in the transaction that stores how. */
export async function noteDueLogs(
  connection: PoolConnection,
  schema: string,
  { statement, attempt }: DueLogs,
): Promise<void> {
  await connection.query(`INSERT IGNORE INTO ${tablesOf(schema)('due_logs')} (statement_id, attempt) VALUES (?, ?)`, [
    statement,
    attempt,
  ]);
}
