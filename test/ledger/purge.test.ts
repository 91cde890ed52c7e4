import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { purge } from '../../src/ledger/purge.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import type { StatementState } from '../../src/ledger/statement-states.ts';
import { openStatementStore } from '../../src/ledger/statement-store.ts';
import { servers, useDatabase } from '../database.ts';

const tables = [
  'statements',
  'steps',
  'submissions',
  'labels',
  'transitions',
  'workflows',
  'selections',
  'partitions',
  'workers',
  'ledger',
  'model_counts',
  'results',
  'result_rows',
  'due_logs',
  'pod_logs',
  'trials',
  'trial_units',
  'trial_files',
  'purges',
];

describe.each(servers)('a purge of old statements on $name', (server) => {
  const database = useDatabase(server);
  const system = (table: string) => `${database.systemSchema}.${table}`;

  beforeEach(async () => {
    await migrate(database.pool, database.systemSchema);
    for (const table of tables) await database.pool.query(`DELETE FROM ${system(table)}`);
  });

  /** A statement with a row in every table. */
  async function put(state: StatementState, finishedAt: string | null): Promise<string> {
    const { pool, systemSchema } = database;
    const [id, selection] = [randomUUIDv7(), randomBytes(16)];
    const steps = [{ name: 'step-1' }];
    const submission = { id, text: '', plan: { kind: 'plan', version: 6, steps }, submittedBy: 'ada' } as never;
    const asked = { readOnly: false, resultBytes: 1, statementSeconds: null, labels: { a: 'b' } };
    await openStatementStore(pool, systemSchema, 'local').insert(
      { ...(submission as object), server: asked } as never,
      'running',
    );
    await pool.query(
      `UPDATE ${system('statements')} SET state = ?, submitted_at = '2026-01-01', finished_at = ? WHERE id = ?`,
      [state, finishedAt, id],
    );
    const rows: [string, unknown[]][] = [
      ['workflows VALUES (?, 1)', [id]],
      [
        "selections (selection_id, statement_id, step, state, row_count, columns) VALUES (?, ?, 'step-1', '', 1, '')",
        [selection, id],
      ],
      ["partitions (selection_id, partition_no, first_row, last_row, state) VALUES (?, 0, 1, 2, '')", [selection]],
      [
        'ledger (selection_id, row_id, partition_no, outputs) VALUES (?, 1, 0, 0), (?, 2, 0, 0)',
        [selection, selection],
      ],
      ["workers VALUES (?, 0, '', 0, 0)", [selection]],
      ['model_counts VALUES (?, 0, 0, 5, 3, 2, 7.5), (?, 0, 1, 2, 2, 0, 7.5)', [selection, selection]],
      ["results VALUES (?, 'step-1', '', 0, FALSE)", [id]],
      ['due_logs (statement_id, attempt) VALUES (?, 1)', [id]],
      ["pod_logs VALUES (?, 'a', 'step-1', 'prepare', '', 0, ''), (?, 'b', 'step-1', 'finish', '', 0, '')", [id, id]],
      [
        "trials (statement_id, step, trial_no, estimator, parameters, state, units_due, units_most) VALUES (?, 'step-1', 0, '', '{}', 'open', 1, 1)",
        [id],
      ],
      [
        "trial_units (statement_id, step, trial_no, epoch, shard, unit_no, worker_no, fence, attempt, digest_out, seconds) VALUES (?, 'step-1', 0, 0, 0, 0, 0, 1, 1, '', 0)",
        [id],
      ],
      ["trial_files VALUES (?, 'step-1', '', 0, 1, '')", [id]],
      [
        "workers VALUES (?, 1, '', 0, 0)",
        [selectionNames({ statement: id, step: 'step-1', kind: 'train' }, systemSchema).id],
      ],
      ["result_rows VALUES (?, 'step-1', 0, 1, ''), (?, 'step-1', 1, 1, '')", [id, id]],
    ];
    for (const [into, values] of rows) await pool.query(`INSERT INTO ${system(into)}`, values);
    await pool.query(`CREATE TABLE ${system(`selection_${selection.toString('hex')}`)} (i INT)`);
    return id;
  }

  async function counts(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const table of tables) {
      const [rows] = await database.pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${system(table)}`);
      found[table] = Number(rows[0]?.n);
    }
    return found;
  }

  async function leftTables(): Promise<number> {
    const [rows] = await database.pool.query(`SHOW TABLES FROM ${database.systemSchema} LIKE 'selection\\_%'`);
    return (rows as unknown[]).length;
  }

  it('deletes everything of statements that ended before, and nothing of others', async () => {
    const old = '2026-02-01 00:00:00';
    for (const state of ['succeeded', 'failed', 'cancelled'] as const) await put(state, old);
    const kept = [
      await put('succeeded', '2026-02-03'),
      await put('running', null),
      await put('cancelling', null),
      await put('queued', null),
    ];
    const tablesBefore = await leftTables();
    expect(await purge(database.pool, database.systemSchema, '2026-02-02 00:00:00')).toBe(3);
    const [rows] = await database.pool.query<RowDataPacket[]>(`SELECT id FROM ${system('statements')}`);
    expect(rows.map(({ id }) => id).toSorted()).toEqual(kept.toSorted());
    expect(await counts()).toEqual({
      statements: 4,
      steps: 4,
      submissions: 4,
      labels: 4,
      transitions: 8,
      workflows: 4,
      selections: 4,
      partitions: 4,
      workers: 8,
      ledger: 8,
      model_counts: 8,
      results: 4,
      result_rows: 8,
      due_logs: 4,
      pod_logs: 8,
      trials: 4,
      trial_units: 4,
      trial_files: 4,
      purges: 0,
    });
    expect(tablesBefore - (await leftTables())).toBe(3);
    expect(await purge(database.pool, database.systemSchema, '2026-02-02 00:00:00')).toBe(0);
  });

  it('resumes an interrupted purge, and deletes all old statements', async () => {
    await Promise.all(Array.from({ length: 60 }, () => put('failed', '2026-02-01')));
    const cut = new AbortController();
    const first = purge(database.pool, database.systemSchema, '2026-02-02 00:00:00', cut.signal);
    cut.abort();
    expect(await first).toBe(50);
    expect(await counts()).toMatchObject({ statements: 10, purges: 50, ledger: 120 });
    const both = await Promise.all(
      [1, 2].map(() => purge(database.pool, database.systemSchema, '2026-02-02 00:00:00')),
    );
    expect(both[0]! + both[1]!).toBe(10);
    expect(new Set(Object.values(await counts()))).toEqual(new Set([0]));
    expect(await purge(database.pool, database.systemSchema, '2026-02-02 00:00:00', AbortSignal.abort())).toBe(0);
  });
});
