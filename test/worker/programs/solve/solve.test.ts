import { beforeAll, describe, expect, it } from 'vitest';
import type { RowsTask } from '../../../../src/task.ts';
import { partitions } from '../../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../../src/worker/rows/prepare.ts';
import { servers } from '../../../database.ts';
import {
  maximizeProfit,
  minimizeDistance,
  problemOf,
  type Row,
  transportation,
  woodcarving,
} from '../../../programs/solve/problems.ts';
import { runWorkers, useWorker } from '../../use-worker.ts';

describe.each(servers)('TO MAXIMIZE and TO MINIMIZE on $name', (server) => {
  const worker = useWorker(server);

  beforeAll(async () => {
    await worker.query(
      `CREATE TABLE woodcarving (product VARCHAR(20), price DECIMAL(10,2), materials_cost INT, other_cost DOUBLE, finishing TINYINT,
       carpentry BIGINT UNSIGNED, max_num INT)`,
    );
    await worker.query(
      'CREATE TABLE transportation (plants VARCHAR(20), markets VARCHAR(20), distance INT, capacity INT, demand INT)',
    );
    await fill('woodcarving', woodcarving);
    await fill('transportation', transportation);
  });

  const fill = (table: string, rows: readonly Row[]) =>
    worker.query(`INSERT INTO ${table} VALUES ?`, [rows.map((row) => Object.values(row))]);

  function statement(clauses: string, from: string, into: string, changes: Partial<RowsTask> = {}) {
    const problem = problemOf(clauses, null);
    const program: RowsTask['program'] = { name: 'solve', settings: { problem } };
    return worker.context(into, `SELECT * FROM ${from}`, { program, commitRows: null, ...changes });
  }

  it('write the columns of the variables and their values, as SQLFlow does', async () => {
    await runWorkers(statement(maximizeProfit, 'woodcarving', 'carved'));
    expect(await worker.query('SELECT * FROM carved ORDER BY product')).toEqual([
      { product: 'soldier', amount: '20' },
      { product: 'train', amount: '60' },
    ]);
    await runWorkers(statement(minimizeDistance, 'transportation', 'shipped'));
    expect(await worker.query('SELECT * FROM shipped ORDER BY markets, plants')).toEqual([
      { plants: 'plantA', markets: 'marketA', amount: '100' },
      { plants: 'plantB', markets: 'marketA', amount: '30' },
      { plants: 'plantA', markets: 'marketB', amount: '0' },
      { plants: 'plantB', markets: 'marketB', amount: '60' },
    ]);
  });

  it('name a value that is called as its column', async () => {
    await runWorkers(statement(maximizeProfit.replaceAll('amount', 'Product'), 'woodcarving', 'named'));
    expect(await worker.query('SELECT * FROM named ORDER BY product')).toEqual([
      { product: 'soldier', Product_value: '20' },
      { product: 'train', Product_value: '60' },
    ]);
  });

  it('write real values with all their digits, and values below 0', async () => {
    const clauses =
      'TO MAXIMIZE SUM(x) CONSTRAINT 3 * x <= finishing WITH variables = "x(product)", var_type = "Reals"';
    await runWorkers(statement(clauses, 'woodcarving', 'thirds'));
    const rows = await worker.query('SELECT x FROM thirds ORDER BY x');
    expect(rows.map(({ x }) => x)).toEqual([1 / 3, 2 / 3].map((x) => expect.closeTo(x, 12)));
    const below = 'TO MAXIMIZE SUM(x) WITH variables = "x(product)", var_type = "NegativeIntegers"';
    await runWorkers(statement(below, 'woodcarving', 'below'));
    expect(await worker.query('SELECT x FROM below')).toEqual([{ x: '-1' }, { x: '-1' }]);
  });

  it('append to a table of the same columns, and replace one', async () => {
    for (const writeMode of ['append', 'append', 'overwrite'] as const)
      await runWorkers(statement(maximizeProfit, 'woodcarving', 'modes', { writeMode }));
    expect(await worker.query('SELECT * FROM modes')).toHaveLength(2);
  });

  it('write all rows in one transaction, so that a second run of a worker finds all or none', async () => {
    const context = statement(maximizeProfit, 'woodcarving', 'again');
    await prepare(context);
    const ended = new AbortController();
    ended.abort();
    await partitions({ ...context, signal: ended.signal }, 0).catch(() => {});
    expect(await worker.ledger(context)).toEqual([]);
    await partitions(context, 0);
    await partitions(context, 0);
    expect((await worker.ledger(context)).map(({ outputs }) => outputs)).toEqual([1, 1]);
  });

  it('publish an empty table if nothing is selected', async () => {
    const context = statement(maximizeProfit, 'woodcarving WHERE FALSE', 'nothing');
    await runWorkers(context);
    expect(await worker.query('SELECT * FROM nothing')).toEqual([]);
  });

  it.each([
    [
      'a value that is NULL',
      'NULLIF(price, 27) AS price, materials_cost, other_cost, finishing, carpentry, max_num',
      'PROBLEM_DATA',
    ],
    ['a column that is not selected', 'price, materials_cost, other_cost, finishing, carpentry', 'UNKNOWN_COLUMN'],
    [
      'a value of another type',
      'product AS price, materials_cost, other_cost, finishing, carpentry, max_num',
      'PROBLEM_DATA',
    ],
  ])('refuse %s', async (what, columns, code) => {
    const table = `refused_${what.length}`;
    const context = statement(maximizeProfit, 'woodcarving', table);
    const select = `SELECT product, ${columns} FROM woodcarving`;
    await expect(runWorkers({ ...context, task: { ...context.task, select } })).rejects.toMatchObject({ code });
    expect(await worker.query(`SHOW TABLES LIKE '${table}'`)).toEqual([]);
  });

  it('refuse more rows than the solver can take before they begin', async () => {
    const context = statement(maximizeProfit, 'woodcarving', 'large');
    const program = { ...context.program, mostRows: 1 };
    await expect(prepare({ ...context, program })).rejects.toMatchObject({
      code: 'PROBLEM_TOO_LARGE',
      message: 'the query selects 2 rows; this statement can take at most 1',
    });
  });
});
