import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { plotResults } from '../../../../src/cli/plot-results.ts';
import { readResultBatches } from '../../../../src/ledger/results.ts';
import { openLocalService } from '../../../../src/service/local-service.ts';
import { servers } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../use-session.ts';
import { useTrainer } from './use-trainer.ts';

const sums = (table: string) =>
  `SELECT id, class_name, CAST(COUNT(*) AS DOUBLE) AS n, SUM(shap_value) + MAX(base_value) AS total FROM ${table} GROUP BY id, class_name ORDER BY id, class_name`;

describe.skipIf(!hasPython).each(servers)('TO EXPLAIN on $name', { timeout: 240_000 }, (server) => {
  const test = useSession(server);
  useTrainer('forked');
  // What the server has no part in is tested on the first one.
  const once = it.runIf(server === servers[0]);
  const run = async (sql: string) => ended(test.session, await submit(test.session, sql));
  async function succeed(sql: string) {
    const status = await run(sql);
    expect(status.error).toBeNull();
    return status;
  }
  const predicted = async (model: string) => {
    const into = `${model}_said`;
    await succeed(
      `SELECT * FROM marks TO PREDICT ${into}.guess WITH predict.probabilities = TRUE, write_mode = 'overwrite' USING ${model}`,
    );
    return test.query(`SELECT * FROM ${into} ORDER BY id`);
  };

  beforeAll(async () => {
    await test.query(
      'CREATE TABLE marks (id INT PRIMARY KEY, x DOUBLE, y DOUBLE, colour VARCHAR(10), kind VARCHAR(10))',
    );
    await test.query('INSERT INTO marks VALUES ?', [marks(120)]);
    await succeed(`SELECT x, y, kind FROM marks
TO TRAIN xgboost.gbtree WITH objective = binary:logistic, train.num_boost_round = 8 LABEL kind INTO trees;
SELECT x, y, colour, kind FROM marks
TO TRAIN LogisticRegression LABEL kind INTO line;`);
  });

  it('gives exact values of trees, which add up to the margin with the base value', async () => {
    await succeed('SELECT * FROM marks TO EXPLAIN trees USING TreeExplainer INTO trees_explained');
    expect(Object.keys((await test.query('SELECT * FROM trees_explained LIMIT 1'))[0]!)).toEqual([
      ...['id', 'x', 'y', 'colour', 'kind'],
      ...['value_no', 'class_name', 'feature', 'shap_value', 'base_value'],
    ]);
    const rows = await predicted('trees');
    const explained = await test.query(sums('trees_explained'));
    expect(explained).toHaveLength(rows.length);
    for (const [at, { id, class_name, n, total }] of explained.entries()) {
      expect({ id, class_name, n }).toEqual({ id: rows[at]!.id, class_name: 'outside', n: 2 });
      const { probability_inside: no, probability_outside: yes } = rows[at]!;
      expect(Math.abs(total - Math.log(yes / no))).toBeLessThan(1e-4);
    }
  });

  once('asks other models about combinations of features, also of texts', async () => {
    await succeed(`SELECT * FROM marks WHERE id < 30
TO EXPLAIN line WITH explain.background = 20, seed = 3, summary.plot_type = "bar", label_col = kind INTO line_explained`);
    const rows = await predicted('line');
    const explained = await test.query(sums('line_explained'));
    expect(explained).toHaveLength(30);
    for (const [at, { id, class_name, n, total }] of explained.entries()) {
      expect({ id, class_name, n }).toEqual({ id: rows[at]!.id, class_name: 'outside', n: 3 });
      expect(Math.abs(total - rows[at]!.probability_outside)).toBeLessThan(1e-4);
    }
  });

  once('explains trees by KernelExplainer too, and each of several classes', async () => {
    await succeed(`SELECT x, y, colour AS kind FROM marks WHERE colour IS NOT NULL
TO TRAIN xgboost.gbtree WITH objective = multi:softprob, train.num_boost_round = 3 LABEL kind INTO colours;
SELECT * FROM marks WHERE id < 10 TO EXPLAIN colours USING KernelExplainer INTO colours_explained;
SELECT * FROM marks WHERE id < 10 TO EXPLAIN colours INTO colours_of_trees`);
    const rows = await predicted('colours');
    const explained = await test.query(sums('colours_explained'));
    expect(explained).toHaveLength(30);
    for (const { id, class_name, total } of explained)
      expect(Math.abs(total - rows[id]![`probability_${class_name}`])).toBeLessThan(1e-4);
    const margins = await test.query(sums('colours_of_trees'));
    expect(margins.map(({ class_name }) => class_name).slice(0, 3)).toEqual(['blue', 'green', 'red']);
    for (let at = 0; at < margins.length; at += 3) {
      const powers = margins.slice(at, at + 3).map(({ total }) => Math.exp(total));
      const sum = powers.reduce((all, each) => all + each, 0);
      expect(Math.abs(powers[0]! / sum - rows[margins[at]!.id]!.probability_blue)).toBeLessThan(1e-4);
    }
  });

  it('leaves no file behind, and returns the mean influence of each feature, as a query gives it', async () => {
    expect(existsSync(join(test.config.stateFolder, 'training'))).toBe(true);
    expect(await readdir(join(test.config.stateFolder, 'training'))).toEqual([]);
    const { id } = await succeed(
      "SELECT * FROM marks TO EXPLAIN trees WITH write_mode = 'overwrite' INTO trees_explained",
    );
    const returned = [];
    for await (const rows of readResultBatches(test.session.pool, test.session.schema, {
      statement: id,
      step: 'step-1',
    }))
      returned.push(...rows);
    const page = await readFile(new URL('../../../../docs/training.md', import.meta.url), 'utf8');
    const summary = page.match(/^SELECT feature, AVG\([^;]*;/m)![0].replace('demo.explained', 'trees_explained');
    const means = await test.query(summary);
    expect(means.map(({ feature }) => feature).toSorted()).toEqual(['x', 'y']);
    expect(means[0]).toMatchObject({ bar: '#'.repeat(40) });
    expect(returned.map((row) => row.slice(0, 3))).toEqual(
      means.map(({ feature, influence, bar }) => [feature, expect.closeTo(influence, 4), '█'.repeat(bar.length)]),
    );
    expect(means[1]!.bar.length).toBe(Math.round((40 * means[1]!.influence) / means[0]!.influence));
  });

  it('returns only the summary without INTO: points of single outputs, means of several classes', async () => {
    await succeed(`SELECT * FROM marks TO EXPLAIN trees INTO trees_kept;
SELECT x, y, colour AS kind FROM marks WHERE colour IS NOT NULL
TO TRAIN xgboost.gbtree WITH objective = multi:softprob, train.num_boost_round = 3 LABEL kind INTO tints;`);
    const tables = await test.query('SHOW TABLES');
    const kept = () =>
      test.query('SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY 1', [
        test.session.schema,
      ]);
    const before = await kept();
    const service = openLocalService(test.session);
    const answer = async (sql: string) => {
      const { id } = await succeed(sql);
      const { columns, batches } = await service.rows(id);
      const rows: (readonly unknown[])[] = [];
      for await (const batch of batches) rows.push(...batch);
      return { id, columns: columns.map(({ name }) => name), rows };
    };
    const dots = await answer('SELECT * FROM marks TO EXPLAIN trees');
    expect(dots.columns).toEqual(['feature', 'mean_abs_shap', 'bar', 'points']);
    const explained = await test.query('SELECT shap_value FROM trees_kept WHERE feature = ? ORDER BY id', ['x']);
    const points = JSON.parse(String(dots.rows.find(([feature]) => feature === 'x')![3])) as [number, number | null][];
    expect(points.map(([shap]) => shap)).toEqual(explained.map(({ shap_value }) => Number(shap_value.toPrecision(4))));
    const heights = points.map(([, height]) => height);
    expect(heights.filter((height) => height === null)).toHaveLength(Math.ceil(120 / 17));
    expect([Math.min(...heights.map(Number)), Math.max(...heights.map(Number))]).toEqual([0, 1]);

    const bars = await answer(
      `SELECT * FROM marks WHERE id < 30 TO EXPLAIN line WITH summary.plot_type = 'bar', summary.sort = FALSE, summary.max_display = 2`,
    );
    expect(bars.columns).toEqual(['feature', 'mean_abs_shap', 'bar']);
    expect(bars.rows.map(([feature]) => feature)).toEqual(['x', 'y']);
    const classes = await answer('SELECT * FROM marks WHERE id < 30 TO EXPLAIN tints USING TreeExplainer');
    expect(classes.columns).toEqual(['feature', 'mean_abs_shap', 'bar', 'by_class']);
    for (const [, mean, , byClass] of classes.rows) {
      const { blue, green, red } = JSON.parse(String(byClass));
      expect((blue + green + red) / 3).toBeCloseTo(Number(mean), 4);
    }
    expect(await test.query('SHOW TABLES')).toEqual(tables);
    expect(await kept()).toEqual(before);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-plots-'));
    try {
      for (const [{ id }, mark] of [
        [dots, '<circle'],
        [bars, '<rect x='],
        [classes, '>green</text>'],
      ] as const) {
        const [file] = await plotResults(join(folder, 'explained.svg'), service, id);
        expect(await readFile(file!, 'utf8')).toContain(mark);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('explains no rows, and leaves out those that the model cannot read as far as they may fail', async () => {
    await succeed('SELECT * FROM marks WHERE id < 0 TO EXPLAIN trees INTO nothing_explained');
    expect(await test.query('SELECT * FROM nothing_explained')).toEqual([]);
    const huge = 'SELECT id, IF(id = 1, 9007199254740993, id) AS x, y FROM marks WHERE id BETWEEN 1 AND 3';
    expect((await run(`${huge} TO EXPLAIN trees INTO some_explained`)).error).toMatchObject({ code: 'ROWS_FAILED' });
    await succeed(`${huge} TO EXPLAIN trees WITH max_failed_rows = 1 INTO some_explained`);
    expect((await test.query(sums('some_explained'))).map(({ id }) => id)).toEqual([2, 3]);
  });

  once('names the command that installs Python where it is missing', async () => {
    vi.stubEnv('MILLRACE_TRAINER_PYTHON', undefined);
    vi.stubEnv('PATH', '/nowhere');
    try {
      const { error } = await run('SELECT * FROM marks TO EXPLAIN trees INTO not_explained');
      expect(error).toMatchObject({ code: 'TRAINER_PYTHON_MISSING', hint: expect.stringMatching(/python/i) });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(await test.query("SHOW TABLES LIKE 'not_explained'")).toEqual([]);
  });

  once('rejects at its place what cannot be explained', async () => {
    const explain = (rest: string) => planOf(test.session, `SELECT * FROM marks TO EXPLAIN ${rest}`);
    await expect(explain('line USING TreeExplainer INTO t')).rejects.toMatchObject({
      code: 'TRAIN_EXPLAINER',
      hint: 'USING KernelExplainer',
    });
    await expect(planOf(test.session, 'SELECT id, x FROM marks TO EXPLAIN trees INTO t')).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      message: "the model 'trees' reads the column 'y', which the query does not select",
    });
  });
});

/** Points inside and outside of a circle, some with NULLs. */
function marks(count: number): unknown[][] {
  return Array.from({ length: count }, (_, id) => {
    const [x, y] = [Math.sin(id * 12.9) * 2, Math.cos(id * 78.2) * 2];
    const colour = id % 9 === 0 ? null : ['red', 'blue', 'green'][id % 3];
    return [id, id % 17 === 0 ? null : x, y, colour, x * x + y * y < 2 ? 'inside' : 'outside'];
  });
}
