import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quoteTable } from '../../../src/datasource/identifiers.ts';
import { MillraceError } from '../../../src/errors.ts';
import { haltSelection } from '../../../src/ledger/worker-starts.ts';
import { modelDigest } from '../../../src/onnx/model-digest.ts';
import type { RowsContext } from '../../../src/worker/context.ts';
import { finish } from '../../../src/worker/rows/finish.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { asWorkerProcess } from '../../../src/worker/rows/worker-process.ts';
import { servers } from '../../database.ts';
import { useWorker, withSettings } from '../use-worker.ts';

describe.each(servers)('a process of a worker on $name', (server) => {
  const worker = useWorker(server);
  const select = Array.from({ length: 12 }, (_, at) => `SELECT ${at} AS id, 'scene-1.jpg' AS file_name`).join(
    ' UNION ALL ',
  );
  const prepared = async (table: string) => {
    const context = worker.context(table, select, { partitions: 12, workers: 2 });
    await prepare(context);
    return context;
  };
  const attemptsOf = async ({ schema, names }: RowsContext) => {
    const found = await worker.query(
      `SELECT attempt FROM ${quoteTable({ database: schema, table: 'partitions' })} WHERE selection_id = ?`,
      [names.id],
    );
    return found.reduce((sum, { attempt }) => sum + attempt, 0);
  };
  const failing = (error: Error) => () => Promise.reject(error);
  const mistake = new MillraceError('MODEL_MISSING', 'gone');
  const temporary = new MillraceError('DATABASE_BUSY', 'busy');

  it('that fails for good ends the step: no other worker draws a partition, until the statement is retried', async () => {
    const context = await prepared('halted');
    const first = { number: 0, retries: null };
    await expect(asWorkerProcess(context, first, failing(mistake))).rejects.toBe(mistake);
    await partitions(context, 1);
    expect(await attemptsOf(context)).toBe(0);
    await expect(finish(context)).rejects.toMatchObject({ code: 'ROWS_MISSING' });
    await prepare(context);
    await asWorkerProcess(context, first, () => partitions(context, 0));
    await finish(context);
    expect(await worker.query('SELECT COUNT(DISTINCT id) AS images FROM halted')).toEqual([{ images: '12' }]);
  });

  it('that fails for good while others work stops them between partitions', async () => {
    const context = await prepared('halted_meanwhile');
    const open: typeof context.program.open = async (place) => {
      const program = await context.program.open(place);
      const process: typeof program.process = async (rows) => {
        await haltSelection(context);
        return program.process(rows);
      };
      return { ...program, process };
    };
    await partitions({ ...context, program: { ...context.program, open } }, 1);
    const drawn = await attemptsOf(context);
    expect(drawn).toBeGreaterThan(0);
    // One is processed, and the next has begun.
    expect(drawn).toBeLessThanOrEqual(4);
  });

  it('that fails for a while halts nobody', async () => {
    const context = await prepared('busy');
    await expect(asWorkerProcess(context, { number: 0, retries: null }, failing(temporary))).rejects.toBe(temporary);
    await partitions(context, 1);
    expect(await attemptsOf(context)).toBe(12);
  });

  it('has all retries again once a row was processed, and ends for good when they are used up', async () => {
    const context = await prepared('in_vain');
    const start = (work = failing(temporary)) => asWorkerProcess(context, { number: 0, retries: 2 }, work);
    const vainly = () => expect(start()).rejects.toBe(temporary);
    for (let process = 0; process < 3; process++) await vainly();
    const further = async () => {
      await context.pool.query(
        `UPDATE ${quoteTable({ database: context.schema, table: 'partitions' })}
         SET worker_no = 0, done_rows = 1 WHERE selection_id = ? AND partition_no = 3`,
        [context.names.id],
      );
      throw temporary;
    };
    await expect(start()).rejects.toMatchObject({
      code: 'NO_PROGRESS',
      message: 'worker 0 ended 3 times without processing a row',
    });
    await prepare(context);
    await vainly();
    await expect(start(further)).rejects.toBe(temporary);
    for (let process = 0; process < 3; process++) await vainly();
    await expect(start()).rejects.toMatchObject({ code: 'NO_PROGRESS' });
  });

  it('may do work of another kind, which also gives it its retries again', async () => {
    const context = await prepared('trains');
    let trained = 0;
    const done = { count: async () => trained, unit: 'training a model' };
    const start = () => asWorkerProcess(context, { number: 0, retries: 1 }, failing(temporary), done);
    const vainly = () => expect(start()).rejects.toBe(temporary);
    for (let process = 0; process < 2; process++) await vainly();
    trained = 1;
    for (let process = 0; process < 2; process++) await vainly();
    await expect(start()).rejects.toMatchObject({
      code: 'NO_PROGRESS',
      message: 'worker 0 ended 2 times without training a model',
    });
  });

  it('that was asked to end does not count', async () => {
    const context = await prepared('asked_to_end');
    for (let process = 0; process < 3; process++) {
      const asked = new AbortController();
      const untilAsked = async () => {
        asked.abort();
        throw temporary;
      };
      const place = { ...context, signal: asked.signal };
      await expect(asWorkerProcess(place, { number: 0, retries: 0 }, untilAsked)).rejects.toBe(temporary);
    }
  });

  it('goes on with a model whose file is removed once it is loaded, and says which it was', async () => {
    const copy = join(worker.pictures.folder, 'copy.onnx');
    await copyFile(join(worker.pictures.volumes['/models']!, 'demo.onnx'), copy);
    const digest = await modelDigest(copy, []);
    const context = withSettings(await prepared('removed_model'), { model: '/datasets/copy.onnx' });
    const open: typeof context.program.open = async (place) => {
      const program = await context.program.open(place);
      const process: typeof program.process = async (rows) => {
        await program.model!.digest();
        await rm(copy, { force: true });
        return program.process(rows);
      };
      return { ...program, process };
    };
    await partitions({ ...context, program: { ...context.program, open } }, 0);
    await finish(context);
    const found = await worker.query(
      `SELECT DISTINCT digest FROM ${quoteTable({ database: context.schema, table: 'partitions' })} WHERE selection_id = ?`,
      [context.names.id],
    );
    expect(found.map(({ digest }) => digest)).toEqual([digest]);
  });
});
