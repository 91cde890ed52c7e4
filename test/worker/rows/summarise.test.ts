import { describe, expect, it } from 'vitest';
import { requireSelection } from '../../../src/ledger/selections.ts';
import type { RowsTask, WriteMode } from '../../../src/task.ts';
import type { RowsContext } from '../../../src/worker/context.ts';
import { finish } from '../../../src/worker/rows/finish.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { publish } from '../../../src/worker/rows/publish.ts';
import { summarise } from '../../../src/worker/rows/summarise.ts';
import { mariadb } from '../../database.ts';
import { useWorker } from '../use-worker.ts';

/** The evaluation of two pictures: exactly once, wherever its end is interrupted. */
describe('a summary', () => {
  const worker = useWorker(mariadb);

  async function evaluated(table: string, writeMode: WriteMode, labelled = 'labels'): Promise<RowsContext> {
    await worker.query(
      `CREATE TABLE IF NOT EXISTS ${labelled} (file_name VARCHAR(50), class_name VARCHAR(9), x1 INT, y1 INT, x2 INT, y2 INT)`,
    );
    const select = "SELECT 'scene-1.jpg' AS file_name UNION ALL SELECT 'blank.jpg'";
    const { program } = worker.context(table, select).task;
    const {
      output: _,
      masks,
      keypoints,
      corners,
      agnostic_nms,
      ...settings
    } = program.settings as Record<string, unknown>;
    const labels = { database: worker.database.name, table: labelled };
    const call = {
      name: 'evaluate',
      settings: { ...settings, labels, working_confidence: 0.25 },
    } as unknown as RowsTask['program'];
    const context = worker.context(table, select, { program: call, writeMode });
    await prepare(context);
    await partitions(context, 0);
    return context;
  }

  const compute = async (context: RowsContext) => {
    const { columns } = await requireSelection(context, 'step-1');
    return summarise(context, context.program.summary!, columns, {});
  };
  const rowsOf = async (table: string) =>
    (
      await worker.query(
        `SELECT metric, class_name, value FROM ${table} WHERE metric NOT LIKE '%\\_ms' ORDER BY metric`,
      )
    ).map(({ metric, value }) => [metric, value]);

  it.each(['append', 'overwrite', 'fail'] as const)('is written once if it was computed before (%s)', async (mode) => {
    const context = await evaluated(`once_${mode}`, mode);
    const { rows } = await compute(context);
    await compute(context);
    await finish(context);
    await finish(context);
    const written = await rowsOf(`once_${mode}`);
    expect(written.filter(([metric]) => metric === 'images')).toEqual([['images', 2]]);
    expect(written.length).toBeGreaterThanOrEqual(rows.length);
    expect(new Set(written.map(([metric]) => metric)).size).toBe(written.length);
  });

  it('is not computed again once it is being published', async () => {
    const context = await evaluated('published', 'fail', 'short_lived');
    await compute(context);
    const selection = await requireSelection(context, 'step-1');
    await publish(context, selection);
    expect(await requireSelection(context, 'step-1')).toMatchObject({ state: 'publishing' });
    await worker.query('DROP TABLE short_lived');
    await finish(context);
    expect((await rowsOf('published')).filter(([metric]) => metric === 'images')).toEqual([['images', 2]]);
  });

  it('is refused before any work if the labels cannot be used', async () => {
    await worker.query('CREATE TABLE strange (class_name VARCHAR(9), x1 INT, y1 INT, x2 INT, y2 INT)');
    await expect(evaluated('refused', 'fail', 'strange')).rejects.toMatchObject({ code: 'LABELS_UNUSABLE' });
  });
});
