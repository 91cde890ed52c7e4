import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { errorTable, isErrorCode } from '../errors.ts';
import type { Step } from '../plan/plan.ts';
import type { AnswerCounts } from './answer-sets.ts';
import { type EndError, endErrors, questionSums, type Verb, verbSql, workSums } from './statement-ends.ts';
import { activeStates, endStates, type StatementState } from './statement-states.ts';
import type { ProgressUnit } from './step-progress.ts';
import { tablesOf } from './tables.ts';
import type { TrialState } from './trials.ts';

/** Times are seconds since 1970, by the database's clock. */
export interface Transition {
  readonly number: number;
  readonly statement: string;
  readonly state: StatementState;
  readonly at: number;
  /** Who has to act on a statement that failed; empty: it ended otherwise. */
  readonly error: EndError | '';
}

export interface LedgerStatement {
  readonly id: string;
  readonly verb: Verb;
  readonly state: StatementState;
  readonly steps: readonly Pick<Step, 'name' | 'kind'>[];
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Time at which it was last submitted to an engine. */
  readonly activeSince: number;
}

export interface LedgerPartition {
  readonly statement: string;
  readonly step: string;
  readonly number: number;
  /** Unique among all partitions. */
  readonly key: string;
  readonly state: 'pending' | 'running' | 'done';
  readonly rows: number;
  readonly work: Work;
  readonly lastProgress: number;
}

/** Counters of partitions. A retry subtracts the rows that had failed. */
export interface Work {
  readonly done: number;
  readonly failed: number;
  readonly outputs: number;
  readonly retries: number;
  readonly decodeMs: number;
  readonly inferMs: number;
  readonly writeMs: number;
  /** Number of times that a row was put to a model of several. */
  readonly asked: number;
  /** Those that a stored answer answered. */
  readonly reused: number;
}

/** What a model of a step that asks several was asked. */
export interface LedgerModel {
  readonly statement: string;
  readonly step: string;
  /** Its place in the order in which models are asked, from 1. */
  readonly position: number;
  readonly asked: number;
  readonly decided: number;
  readonly reused: number;
}

/** How far a step is that trains. */
export interface LedgerTraining {
  readonly statement: string;
  readonly step: string;
  readonly unit: ProgressUnit;
  readonly done: number;
  /** null: not known. */
  readonly total: number | null;
  /** Number of its trials by their states; empty: it searches for nothing. */
  readonly trials: Readonly<Partial<Record<TrialState, number>>>;
}

export interface EndedCount {
  readonly verb: Verb;
  readonly state: StatementState;
  /** Who has to act on a statement that failed; empty: it ended otherwise. */
  readonly error: EndError | '';
  readonly count: number;
}

/** Number of latest transitions in which to look for numbers that were assigned but not yet committed. */
const LATEST_TRANSITIONS = 1000;

/** Gives `work` one consistent view of everything that it reads. */
export async function snapshot<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    connection.release();
  }
}

export interface LedgerQueries {
  /** Number of statement ends, including purged ones. Reads all transitions, in their order on disk. */
  countEnded(): Promise<readonly EndedCount[]>;
  /** Sums over all partitions, including purged ones. */
  sumWork(): Promise<Work>;
  /** Answers of models, including purged ones. */
  countAnswers(): Promise<AnswerCounts>;
  activeIds(): Promise<readonly string[]>;
  /** Transitions with a higher number, in order. */
  transitionsAfter(number: number): Promise<readonly Transition[]>;
  latestTransitions(): Promise<readonly Transition[]>;
  /** All transitions of these statements, in order. */
  historyOf(ids: readonly string[]): Promise<readonly Transition[]>;
  statements(ids: readonly string[]): Promise<readonly LedgerStatement[]>;
  partitionsOf(ids: readonly string[]): Promise<readonly LedgerPartition[]>;
  modelsOf(ids: readonly string[]): Promise<readonly LedgerModel[]>;
  trainingsOf(ids: readonly string[]): Promise<readonly LedgerTraining[]>;
}

export function ledgerQueries(connection: PoolConnection, schema: string): LedgerQueries {
  const table = tablesOf(schema);
  const rows = async (sql: string, values: unknown[] = []) => (await connection.query<RowDataPacket[]>(sql, values))[0];
  const transitions = async (rest: string, values: unknown[]) => {
    const found = await rows(
      `SELECT number, statement_id, state, UNIX_TIMESTAMP(at) AS at, error_code FROM ${table('transitions')} ${rest}`,
      values,
    );
    return found.map(transition);
  };

  return {
    async countEnded() {
      const found = await rows(
        `SELECT STRAIGHT_JOIN ${verbSql} AS verb, t.state, t.error_code, COUNT(*) AS n
         FROM ${table('statements')} AS s FORCE INDEX (PRIMARY) JOIN ${table('transitions')} AS t ON t.statement_id = s.id
         WHERE t.state IN (?) GROUP BY 1, 2, 3
         UNION ALL SELECT verb, state, error_code, ends FROM ${table('purged_ends')}`,
        [endStates],
      );
      return found.map(({ verb, state, error_code, n }) => ({
        verb,
        state,
        error: endError(state, error_code),
        count: Number(n),
      }));
    },

    async sumWork() {
      const [sums] = await rows(
        `SELECT SUM(done_rows) AS done, SUM(failed_rows) AS failed, SUM(outputs) AS outputs, SUM(retries) AS retries,
           SUM(decode_ms) AS decodeMs, SUM(infer_ms) AS inferMs, SUM(write_ms) AS writeMs
         FROM (
           SELECT ${aliased(workSums)} FROM ${table('partitions')}
           UNION ALL SELECT ${Object.keys(workSums).join(', ')} FROM ${table('purged_work')}
         ) AS w`,
      );
      const [questions] = await rows(
        `SELECT SUM(asked) AS asked, SUM(reused) AS reused FROM (
           SELECT ${questionSums} FROM ${table('model_counts')} UNION ALL SELECT asked, reused FROM ${table('purged_work')}
         ) AS q`,
      );
      return workOf({ ...sums, ...questions });
    },

    async countAnswers() {
      const [sums] = await rows(
        `SELECT SUM(stored_count) AS stored_count, SUM(reused_count) AS reused_count FROM (
           SELECT stored_count, reused_count FROM ${table('answer_sets')}
           UNION ALL SELECT stored_count, reused_count FROM ${table('purged_answers')}
         ) AS a`,
      );
      return { stored: Number(sums?.stored_count ?? 0), reused: Number(sums?.reused_count ?? 0) };
    },

    async activeIds() {
      const found = await rows(`SELECT id FROM ${table('statements')} WHERE state IN (?)`, [activeStates]);
      return found.map(({ id }) => id);
    },

    transitionsAfter: (number) => transitions('WHERE number > ? ORDER BY number', [number]),
    latestTransitions: async () =>
      (await transitions(`ORDER BY number DESC LIMIT ${LATEST_TRANSITIONS}`, [])).toReversed(),
    historyOf: async (ids) =>
      ids.length === 0 ? [] : transitions('WHERE statement_id IN (?) ORDER BY statement_id, number', [ids]),

    async statements(ids) {
      if (ids.length === 0) return [];
      const found = await rows(
        `SELECT id, state, ${verbSql} AS verb, CAST(JSON_EXTRACT(plan, '$.steps[*].kind') AS CHAR) AS kinds,
           CAST(JSON_EXTRACT(plan, '$.steps[*].name') AS CHAR) AS names, UNIX_TIMESTAMP(submitted_at) AS submitted_at,
           UNIX_TIMESTAMP(started_at) AS started_at, UNIX_TIMESTAMP(finished_at) AS finished_at,
           (SELECT UNIX_TIMESTAMP(MAX(t.at)) FROM ${table('transitions')} AS t
            WHERE t.statement_id = id AND t.state IN ('queued', 'running')) AS active_since
         FROM ${table('statements')} WHERE id IN (?)`,
        [ids],
      );
      return found.map(statement);
    },

    async partitionsOf(ids) {
      if (ids.length === 0) return [];
      const ofModels = (column: string) =>
        `(SELECT SUM(m.${column}) FROM ${table('model_counts')} AS m
          WHERE m.selection_id = p.selection_id AND m.partition_no = p.partition_no) AS ${column}`;
      const found = await rows(
        `SELECT s.statement_id, s.step, HEX(s.selection_id) AS selection, p.partition_no, p.state, p.first_row, p.last_row,
           p.done_rows AS done, p.failed_rows AS failed, p.outputs, GREATEST(p.attempt, 1) - 1 AS retries,
           p.decode_ms AS decodeMs, p.infer_ms AS inferMs, p.write_ms AS writeMs, ${ofModels('asked')}, ${ofModels('reused')},
           UNIX_TIMESTAMP(GREATEST(s.created_at, COALESCE(p.started_at, s.created_at), COALESCE(p.heartbeat_at, s.created_at)))
             AS last_progress
         FROM ${table('selections')} AS s JOIN ${table('partitions')} AS p ON p.selection_id = s.selection_id
         WHERE s.statement_id IN (?) ORDER BY s.statement_id, s.step, p.partition_no`,
        [ids],
      );
      return found.map(partition);
    },

    async modelsOf(ids) {
      if (ids.length === 0) return [];
      const found = await rows(
        `SELECT s.statement_id, s.step, m.model_no, SUM(m.asked) AS asked, SUM(m.decided) AS decided, SUM(m.reused) AS reused
         FROM ${table('selections')} AS s JOIN ${table('model_counts')} AS m ON m.selection_id = s.selection_id
         WHERE s.statement_id IN (?) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
        [ids],
      );
      return found.map(({ statement_id, step, model_no, asked, decided, reused }) => ({
        statement: statement_id,
        step,
        position: model_no + 1,
        asked: Number(asked),
        decided: Number(decided),
        reused: Number(reused),
      }));
    },

    async trainingsOf(ids) {
      if (ids.length === 0) return [];
      const found = await rows(
        `SELECT statement_id, step, unit, done, total FROM ${table('step_progress')} WHERE statement_id IN (?) ORDER BY 1, 2`,
        [ids],
      );
      if (found.length === 0) return [];
      const trials = await rows(
        `SELECT statement_id, step, state, COUNT(*) AS n FROM ${table('trials')} WHERE statement_id IN (?) GROUP BY 1, 2, 3`,
        [ids],
      );
      return found.map(({ statement_id, step, unit, done, total }) => {
        const own = trials.filter((trial) => trial.statement_id === statement_id && trial.step === step);
        return {
          statement: statement_id,
          step,
          unit,
          done: Number(done),
          total: total === null ? null : Number(total),
          trials: Object.fromEntries(own.map(({ state, n }) => [state, Number(n)])),
        };
      });
    },
  };
}

function transition(row: RowDataPacket): Transition {
  return {
    number: Number(row.number),
    statement: row.statement_id,
    state: row.state,
    at: Number(row.at),
    error: endError(row.state, row.error_code),
  };
}

/** A code with which no statement should end counts as a defect. */
function endError(state: StatementState, code: string | null): EndError | '' {
  if (state !== 'failed') return '';
  const { kind } = errorTable[isErrorCode(code) ? code : 'INTERNAL'];
  if (kind === 'cancelled') return '';
  return endErrors.find((each) => each === kind) ?? 'internal';
}

function aliased(expressions: Readonly<Record<string, string>>): string {
  return Object.entries(expressions)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ');
}

function statement(row: RowDataPacket): LedgerStatement {
  const kinds: readonly Step['kind'][] = JSON.parse(row.kinds ?? '[]');
  const names: readonly string[] = JSON.parse(row.names ?? '[]');
  return {
    id: row.id,
    verb: row.verb,
    state: row.state,
    steps: names.map((name, index) => ({ name, kind: kinds[index]! })),
    submittedAt: Number(row.submitted_at),
    startedAt: seconds(row.started_at),
    finishedAt: seconds(row.finished_at),
    activeSince: Number(row.active_since ?? row.submitted_at),
  };
}

function partition(row: RowDataPacket): LedgerPartition {
  return {
    statement: row.statement_id,
    step: row.step,
    number: row.partition_no,
    key: `${row.selection}:${row.partition_no}`,
    state: row.state,
    rows: Number(row.last_row) - Number(row.first_row) + 1,
    work: workOf(row),
    lastProgress: Number(row.last_progress),
  };
}

const workFields = [
  'done',
  'failed',
  'outputs',
  'retries',
  'decodeMs',
  'inferMs',
  'writeMs',
  'asked',
  'reused',
] as const;

export function mapWork(value: (field: keyof Work) => number): Work {
  return Object.fromEntries(workFields.map((field) => [field, value(field)])) as Record<keyof Work, number>;
}

function workOf(row: Readonly<Record<string, unknown>>): Work {
  return mapWork((field) => Number(row[field] ?? 0));
}

function seconds(value: string | null): number | null {
  return value === null ? null : Number(value);
}
