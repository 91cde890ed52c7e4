import type { Pool } from 'mysql2/promise';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/errors.ts';
import type { RowProgram } from '../../../src/worker/row-program.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { servers } from '../../database.ts';
import { runWorkers, useWorker } from '../use-worker.ts';

/** A stand-in for a program: it reads two columns, and has one output at most per row, which is not numbered. */
const letters: RowProgram = {
  inputs: 'words',
  numbering: null,
  columns: [
    { name: 'letters', type: 'count' },
    { name: 'upper', type: 'text' },
    { name: 'share', type: 'real', decimals: 2 },
  ],
  readColumns: (selected) => ['word', 'of'].filter((column) => selected.includes(column)),
  open: async () => ({
    process: async (rows) =>
      rows.map(([word, of]) => {
        const timings = { decodeMs: 0, inferMs: 0 };
        if (word === null || word === undefined) return { outputs: [], timings };
        const text = word.toString();
        if (text === 'bad') return { error: { code: 'IMAGE_BROKEN', message: `broken: ${text}` } };
        return { outputs: [[text.length, text.toUpperCase(), text.length / Number(of)]], timings };
      }),
    close: async () => {},
  }),
};

describe.each(servers)('the row machinery, given a program, on $name', (server) => {
  const worker = useWorker(server);
  const words = "SELECT 1 AS id, 'abc' AS word, 9 AS `of` UNION ALL SELECT 2, NULL, 1 UNION ALL SELECT 3, 'grün', 8";

  it('writes a row per output, keyed by its input row where the program numbers none', async () => {
    const context = { ...worker.context('letters', words, { partitions: 2, commitRows: 1 }), program: letters };
    await runWorkers(context);
    const rows = await worker.query('SELECT word, letters, upper, share FROM letters ORDER BY word');
    expect(rows).toEqual([
      { word: 'abc', letters: 3, upper: 'ABC', share: 0.33 },
      { word: 'grün', letters: 4, upper: 'GRÜN', share: 0.5 },
    ]);
    expect((await worker.ledger(context)).map(({ outputs }) => outputs)).toEqual([1, 0, 1]);
    const keys = await worker.query(
      `SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS parts FROM information_schema.STATISTICS
       WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'letters' AND INDEX_NAME = 'PRIMARY'`,
      [worker.database.name],
    );
    expect(keys).toEqual([{ parts: 'millrace_selection,millrace_row' }]);
  });

  it('fills the batches of the program, and writes no more rows in a transaction than commit_rows', async () => {
    const pages: number[] = [];
    const open: RowProgram['open'] = async () => ({
      batch: 8,
      process: async (rows) => {
        pages.push(rows.length);
        return rows.map(() => ({ outputs: [], timings: { decodeMs: 0, inferMs: 0 } }));
      },
      close: async () => {},
    });
    const select = Array.from({ length: 24 }, (_, id) => `SELECT ${id} AS id, 'abc' AS word, 9 AS \`of\``).join(
      ' UNION ALL ',
    );
    const written: unknown[] = [];
    const context = { ...worker.context('filled', select, { commitRows: 3 }), program: { ...letters, open } };
    const log = pino({}, { write: (line: string) => void written.push(JSON.parse(line).rows) });
    await runWorkers({ ...context, log });
    expect(pages).toEqual([3, 8, 8, 5]);
    expect(written.filter((rows) => rows !== undefined).sort()).toEqual([2, 2, 2, 24, 3, 3, 3, 3, 3, 3]);
  });

  it('opens the program while the first page is read, and closes it where that fails', async () => {
    const context = { ...worker.context('unread', words), program: letters };
    await prepare(context);
    const events: string[] = [];
    const { pool } = context;
    const unreadable: Pool = Object.create(pool, {
      query: {
        value: (query: string | object, values: unknown[]) => {
          if (typeof query === 'string') return pool.query(query, values);
          events.push('read');
          throw new MillraceError('QUERY_FAILED', 'the page cannot be read');
        },
      },
    });
    const open: RowProgram['open'] = async (place) => {
      events.push('open');
      return { ...(await letters.open(place)), close: async () => void events.push('close') };
    };
    const failing = { ...context, pool: unreadable, program: { ...letters, open } };
    await expect(partitions(failing, 0)).rejects.toMatchObject({ message: 'the page cannot be read' });
    expect(events).toEqual(['open', 'read', 'close']);
  });

  it('opens no program for a partition whose rows are all done', async () => {
    const context = { ...worker.context('done', words), program: letters };
    await prepare(context);
    await partitions(context, 0);
    const open = () => Promise.reject(new MillraceError('MODEL_MISSING', 'opened'));
    await partitions({ ...context, program: { ...letters, open } }, 0);
    expect(await worker.ledger(context)).toHaveLength(3);
  });

  it('says why a program cannot be opened', async () => {
    const context = { ...worker.context('closed', words), program: letters };
    await prepare(context);
    const open = () => Promise.reject(new MillraceError('MODEL_MISSING', 'there is no model'));
    const failing = partitions({ ...context, program: { ...letters, open } }, 0);
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_MISSING', message: 'there is no model' });
  });

  it('fails rows one by one, and calls them as the program does', async () => {
    const select = `${words} UNION ALL SELECT 4, 'bad', 1`;
    const context = { ...worker.context('failing', select), program: letters };
    await expect(runWorkers(context)).rejects.toMatchObject({
      code: 'ROWS_FAILED',
      message: '1 of 4 rows failed; max_failed_rows allows 0; row 4: IMAGE_BROKEN, broken: bad',
      hint: 'fix the words and retry: only the failed rows are processed again; or raise max_failed_rows',
    });
  });

  it('refuses a selected column with the name of one that the program adds', async () => {
    const context = { ...worker.context('taken', "SELECT 'a' AS word, 1 AS `UPPER`"), program: letters };
    await expect(runWorkers(context)).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' });
  });
});
