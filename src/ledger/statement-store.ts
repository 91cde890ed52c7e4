import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../datasource/identifiers.ts';
import { transaction } from '../datasource/pool.ts';
import { errorRecord, MillraceError } from '../errors.ts';
import { type Plan, planVersion } from '../plan/plan.ts';
import { isUnreadablePlan, readPlan } from '../plan/read-plan.ts';
import type { StatementState } from './statement-states.ts';
import type { StatementFilter, StatementStatus, StepStatus, Submission } from './statement-status.ts';
import { openStatementWriter, type StatementWriter } from './statement-writer.ts';
import { errorOf } from './stored-error.ts';
import { tablesOf } from './tables.ts';

/** The statements of one engine in the system schema. */
export interface StatementStore extends StatementWriter {
  /** @param state `running` if the statement starts at once @returns false if the id already exists */
  insert(submission: Submission, state: 'queued' | 'running'): Promise<boolean>;
  has(id: string): Promise<boolean>;
  /** @throws {MillraceError} UNKNOWN_STATEMENT; PLAN_VERSION, PLAN_INVALID */
  read(id: string): Promise<StoredStatement>;
  /** The statements that exist. One whose plan cannot be read has an empty plan, and the reason as its error: it hides no other. */
  readAll(ids: readonly string[]): Promise<readonly StoredStatement[]>;
  /** The states of the statements that exist, of any engine. */
  statesOf(ids: readonly string[]): Promise<ReadonlyMap<string, StatementState>>;
  /** Ids of the statements in one of these states, oldest first. */
  idsIn(states: readonly StatementState[]): Promise<readonly string[]>;
  /** The statements that are to be cancelled. */
  cancelling(ids: readonly string[]): Promise<readonly string[]>;
  /** Statements, newest first; plans that cannot be read are treated as in `readAll`. */
  list(filter: StatementFilter & { readonly limit: number }): Promise<readonly StoredStatement[]>;
}

/** A statement without its steps, which its workers update. */
export type StoredStatement = Omit<StatementStatus, 'steps'>;

export function openStatementStore(pool: Pool, schema: string, engine: 'local' | 'argo'): StatementStore {
  const table = tablesOf(schema);
  const ours = `FROM ${table('statements')}
    WHERE ${engine === 'argo' ? '' : 'NOT '}EXISTS (SELECT 1 FROM ${table('workflows')} WHERE statement_id = id)`;
  const select = `SELECT id, text, plan, state, submitted_by, submitted_at, started_at, finished_at,
    error_code, error_message, error_hint ${ours}`;

  async function rowsOf(ids: readonly string[]): Promise<readonly RowDataPacket[]> {
    if (ids.length === 0) return [];
    const [rows] = await pool.query<RowDataPacket[]>(`${select} AND id IN (?)`, [ids]);
    return rows;
  }

  return {
    ...openStatementWriter(pool, schema),

    insert: (submission, state) =>
      transaction(pool, async (connection) => {
        const { id, text, plan, submittedBy } = submission;
        const [inserted] = await connection.query<ResultSetHeader>(
          `INSERT IGNORE INTO ${table('statements')} (id, text, plan, state, submitted_by, submitted_at, started_at)
           VALUES (?, ?, ?, ?, ?, NOW(6), IF(? = 'running', NOW(6), NULL))`,
          [id, text, JSON.stringify(plan), state, submittedBy, state],
        );
        if (inserted.affectedRows === 0) return false;
        await connection.query(
          `INSERT INTO ${table('transitions')} (statement_id, state, at)
           SELECT id, 'queued', submitted_at FROM ${table('statements')} WHERE id = ?
           UNION ALL SELECT id, state, started_at FROM ${table('statements')} WHERE id = ? AND state = 'running'`,
          [id, id],
        );
        await insertParts(connection, schema, [submission], 'pending');
        return true;
      }),

    async has(id) {
      const [rows] = await pool.query<RowDataPacket[]>(`SELECT 1 FROM ${table('statements')} WHERE id = ?`, [id]);
      return rows.length > 0;
    },

    async read(id) {
      const [row] = await rowsOf([id]);
      if (row !== undefined) return storedStatement(row, readPlan(JSON.parse(row.plan)), engine);
      throw new MillraceError('UNKNOWN_STATEMENT', `there is no statement ${id}`);
    },

    readAll: async (ids) => (await rowsOf(ids)).map((row) => shownStatement(row, engine)),

    async statesOf(ids) {
      if (ids.length === 0) return new Map();
      const [rows] = await pool.query<RowDataPacket[]>(`SELECT id, state FROM ${table('statements')} WHERE id IN (?)`, [
        ids,
      ]);
      return new Map(rows.map(({ id, state }) => [id, state]));
    },

    async idsIn(states) {
      const [rows] = await pool.query<RowDataPacket[]>(`SELECT id ${ours} AND state IN (?) ORDER BY submitted_at`, [
        states,
      ]);
      return rows.map(({ id }) => id);
    },

    async cancelling(ids) {
      if (ids.length === 0) return [];
      const [rows] = await pool.query<RowDataPacket[]>(
        `SELECT id FROM ${table('statements')} WHERE id IN (?) AND state = 'cancelling'`,
        [ids],
      );
      return rows.map(({ id }) => id);
    },

    async list(filter) {
      const { sql, values } = conditions(filter, table('labels'));
      const [rows] = await pool.query<RowDataPacket[]>(
        `${select}${sql} ORDER BY submitted_at DESC, id DESC LIMIT ${filter.limit}`,
        values,
      );
      return rows.map((row) => shownStatement(row, engine));
    },
  };
}

/** The rows of statements in the other tables. @param state of their steps */
export async function insertParts(
  connection: PoolConnection,
  schema: string,
  submissions: readonly Submission[],
  state: StepStatus['state'],
): Promise<void> {
  const insert = async (table: string, columns: string, rows: readonly unknown[][]) => {
    if (rows.length === 0) return;
    await connection.query(`INSERT INTO ${quoteTable({ database: schema, table })} (${columns}) VALUES ?`, [rows]);
  };
  const steps = submissions.flatMap(({ id, plan }) =>
    plan.steps.map(({ name }, position) => [id, name, position, state]),
  );
  await insert('steps', 'statement_id, step, position, state', steps);
  // The same file may serve several steps.
  const digests = submissions.flatMap(({ id, plan }) =>
    [...new Set(plan.steps.flatMap(storedDigest))].map((digest) => [id, digest]),
  );
  await insert('statement_models', 'statement_id, digest', digests);
  const served = submissions.flatMap(({ id, server }) => (server === null ? [] : [{ id, server }]));
  const rules = served.map(({ id, server: { readOnly, resultBytes, statementSeconds } }) => [
    id,
    readOnly,
    resultBytes,
    statementSeconds,
  ]);
  await insert('submissions', 'statement_id, read_only, result_bytes, statement_seconds', rules);
  const labels = served.flatMap(({ id, server }) =>
    Object.entries(server.labels).map(([name, value]) => [id, name, value]),
  );
  await insert('labels', 'statement_id, name, value', labels);
}

/** Digest of a step's model in the database, which is kept while the statement may need it. */
function storedDigest(step: Plan['steps'][number]): readonly string[] {
  const model = step.kind === 'run' ? step.model : null;
  return model?.isInDatabase === true && model.digest !== null ? [model.digest] : [];
}

interface Conditions {
  /** Starts with AND. */
  readonly sql: string;
  readonly values: unknown[];
}

function conditions(filter: StatementFilter, labels: string): Conditions {
  const { states, submittedBy, from, to, after } = filter;
  const all: [string, unknown[]][] = [];
  if (states !== undefined) all.push(['state IN (?)', [states]]);
  if (submittedBy !== undefined) all.push(['submitted_by = ?', [submittedBy]]);
  if (from !== undefined) all.push(['submitted_at >= ?', [from]]);
  if (to !== undefined) all.push(['submitted_at < ?', [to]]);
  if (after !== undefined) {
    const { submittedAt, id } = after;
    all.push(['submitted_at <= ? AND (submitted_at < ? OR id < ?)', [submittedAt, submittedAt, id]]);
  }
  for (const label of Object.entries(filter.labels ?? {})) {
    all.push([`EXISTS (SELECT 1 FROM ${labels} AS l WHERE l.statement_id = id AND l.name = ? AND l.value = ?)`, label]);
  }
  return { sql: all.map(([sql]) => ` AND ${sql}`).join(''), values: all.flatMap(([, values]) => values) };
}

const noPlan: Plan = { kind: 'plan', version: planVersion, steps: [] };

function shownStatement(row: RowDataPacket, engine: 'local' | 'argo'): StoredStatement {
  try {
    return storedStatement(row, readPlan(JSON.parse(row.plan)), engine);
  } catch (error) {
    if (!isUnreadablePlan(error)) throw error;
    const statement = storedStatement(row, noPlan, engine);
    return { ...statement, error: statement.error ?? errorRecord(error) };
  }
}

/** Of a statement of `readAll` or `list`: it cannot be run. */
export function hasUnreadablePlan({ plan }: StoredStatement): boolean {
  return plan === noPlan;
}

function storedStatement(row: RowDataPacket, plan: Plan, engine: 'local' | 'argo'): StoredStatement {
  return {
    id: row.id,
    text: row.text,
    plan,
    state: row.state,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: errorOf(row),
    hasWorkflow: engine === 'argo',
  };
}
