import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { quoteTable } from '../../../src/datasource/identifiers.ts';
import { MillraceError } from '../../../src/errors.ts';
import { finish } from '../../../src/worker/rows/finish.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { writeBatch } from '../../../src/worker/rows/write-batch.ts';
import { servers } from '../../database.ts';
import { scenes } from '../../pictures.ts';
import { onnxModel } from '../onnx-model.ts';
import { draw, runWorkers, useWorker, withSettings } from '../use-worker.ts';

describe.each(servers)('a result on $name', (server) => {
  const worker = useWorker(server);

  beforeAll(async () => {
    await worker.query(
      `CREATE TABLE exact (
        id BIGINT UNSIGNED PRIMARY KEY, file_name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
        price DECIMAL(30,10), at DATETIME(6), seen TIMESTAMP(3) NULL, doc JSON, raw BLOB, fixed BINARY(4), bits BIT(9),
        kind ENUM('cat', 'dög'), flags SET('a', 'b'), note TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
        latin VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci, day DATE, spent TIME(2), year YEAR, ratio FLOAT, big DOUBLE,
        twice BIGINT UNSIGNED AS (id DIV 2) STORED
      )`,
    );
    const columns =
      'id, file_name, price, at, seen, doc, raw, fixed, bits, kind, flags, note, latin, day, spent, year, ratio, big';
    await worker.query(
      `INSERT INTO exact (${columns}) VALUES
        (18446744073709551615, 'scene-1.jpg', -12345678901234567890.0123456789, '2026-02-03 04:05:06.123456', '2026-02-03 04:05:06.789',
         '{"a": 9007199254740993, "b": "🦊"}', x'00ff27225c', x'01020304', b'101010101', 'dög', 'a,b', '🦊 '' \\\\ " % ?', 'Grüße',
         '9999-12-31', '-838:59:58.99', 2155, 1.5, 1.7976931348623157e308),
        (2, 'scene-2.jpg', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (3, 'scene-3.jpg', 0, '1000-01-01 00:00:00', NULL, '[]', '', x'00000000', b'0', 'cat', '', '', '', '1000-01-01', '00:00:00', 1901, 0, 0)`,
    );
  });

  it('keeps types and values of the selected columns, and hides its key', async () => {
    const context = worker.context('kept', 'SELECT * FROM exact ORDER BY id');
    await runWorkers(context);
    const columnsOf = (table: string) =>
      worker.query(
        `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
        [worker.database.name, table],
      );
    const source = await columnsOf('exact');
    const visible = (await columnsOf('kept')).filter(({ name }) => !name.startsWith('millrace_'));
    expect(visible.slice(0, source.length)).toEqual(source);
    expect(visible.slice(source.length).map(({ name, type }) => [name, type.replace(/\(10\)/, '')])).toEqual([
      ['detection_no', 'int unsigned'],
      ['class_id', 'int unsigned'],
      ['class_name', 'varchar(255)'],
      ['score', 'double'],
      ['x1', 'double'],
      ['y1', 'double'],
      ['x2', 'double'],
      ['y2', 'double'],
    ]);
    const [row] = await worker.query('SELECT * FROM kept LIMIT 1');
    expect(Object.keys(row ?? {})).toEqual(visible.map(({ name }) => name));
    const selected = source.map(({ name }) => name).join(', ');
    const kept = await worker.query(`SELECT DISTINCT ${selected} FROM kept ORDER BY id`);
    expect(kept).toEqual(await worker.query(`SELECT ${selected} FROM exact ORDER BY id`));
    expect(kept).toHaveLength(3);
  });

  it('holds a row per detection, numbered from 1, the ledger a row per image, one without detections too', async () => {
    const select = "SELECT 'scene-1.jpg' AS file_name UNION ALL SELECT 'blank.jpg'";
    const context = worker.context('found', select, { partitions: 2 });
    await runWorkers(context);
    const rows = await worker.query('SELECT * FROM found ORDER BY detection_no');
    expect(rows.length).toBeGreaterThan(2);
    expect(rows.map(({ detection_no }) => detection_no)).toEqual(rows.map((_, index) => index + 1));
    for (const { x1, y1, x2, y2, score, file_name } of rows) {
      expect(file_name).toBe('scene-1.jpg');
      expect(score).toBeGreaterThanOrEqual(0.25);
      expect([x1 >= 0, x1 < x2, x2 <= 160, y1 >= 0, y1 < y2, y2 <= 120]).not.toContain(false);
    }
    expect(await worker.ledger(context)).toEqual([
      { row_id: '1', partition_no: 0, outputs: rows.length, error_code: null, error_message: null },
      { row_id: '2', partition_no: 1, outputs: 0, error_code: null, error_message: null },
    ]);
  });

  it.each([
    ['INT(6) ZEROFILL', 42, '000042'],
    ['YEAR', 2007, '2007'],
    ['DECIMAL(8,3)', 1.5, '1.500'],
    ['DECIMAL(8,3) ZEROFILL', 1.5, '00001.500'],
    ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551615'],
    ['BIT(8)', 65, 'A'],
    ['BINARY(30)', 'named.jpg', 'named.jpg'],
    ['BLOB', 'grün.jpg', 'grün.jpg'],
    ['VARCHAR(30) CHARACTER SET latin1', 'grün.jpg', 'grün.jpg'],
    ['CHAR(30)', 'named.jpg', 'named.jpg'],
    ['DATE', '2020-01-02', '2020-01-02'],
    ['DATETIME(3)', '2020-01-02 03:04:05.6', '2020-01-02 03:04:05.600'],
    ['TIME(1)', '-01:02:03', '-01:02:03.0'],
    ['BOOLEAN', 1, '1'],
    ['DOUBLE', 0.1, '0.1'],
    ["ENUM('a', 'named.jpg')", 'named.jpg', 'named.jpg'],
  ])('takes the image named by a column of %s as the server shows its value: %s', async (type, value, name) => {
    const table = `shown_${type.replace(/\W+/g, '_').toLowerCase()}`;
    await worker.query(`CREATE TABLE source_${table} (file_name ${type})`);
    await worker.query(`INSERT INTO source_${table} VALUES (?)`, [value]);
    await cp(join(worker.pictures.folder, 'blank.jpg'), join(worker.pictures.folder, name));
    const context = worker.context(table, `SELECT file_name FROM source_${table}`);
    await prepare(context);
    await partitions(context, 0);
    expect(await worker.ledger(context)).toMatchObject([{ error_code: null, error_message: null }]);
  });

  it('takes bytes that are no name for the image itself', async () => {
    const context = worker.context('binary', "SELECT x'ffd8ffe0' AS image", { maxFailedRows: 1 });
    await prepare(context);
    await partitions(context, 0);
    expect(await worker.ledger(context)).toMatchObject([
      {
        error_code: 'IMAGE_BROKEN',
        error_message: 'a truncated or damaged JPEG file: the value of the image column',
      },
    ]);
  });

  it('carries zero dates and zero defaults over as they are, also where new ones are refused', async () => {
    await worker.database.admin.query(
      `CREATE TABLE ${worker.database.name}.legacy (id INT PRIMARY KEY, file_name VARCHAR(100))`,
    );
    const old = await worker.database.pool.getConnection();
    await old.query("SET SESSION sql_mode = ''");
    await old.query(`ALTER TABLE legacy ADD COLUMN created DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
      ADD COLUMN updated TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', ADD COLUMN day DATE NULL`);
    await old.query(`INSERT INTO legacy VALUES (1, 'scene-1.jpg', '2020-01-01', '2020-01-01', '2020-00-00'),
      (2, 'scene-2.jpg', '0000-00-00', '0000-00-00', '0000-00-00')`);
    old.destroy();
    const context = worker.context('dated', 'SELECT * FROM legacy');
    await runWorkers(context);
    expect(await worker.query('SELECT DISTINCT id, created, updated, day FROM dated ORDER BY id')).toEqual([
      { id: 1, created: '2020-01-01 00:00:00', updated: '2020-01-01 00:00:00', day: '2020-00-00' },
      { id: 2, created: '0000-00-00 00:00:00', updated: '0000-00-00 00:00:00', day: '0000-00-00' },
    ]);
    await runWorkers(worker.context('dated', 'SELECT * FROM legacy', { writeMode: 'append' }));
  });

  it('lacks the rows for which the model gives what is not finite; the statement goes on', async () => {
    const { folder } = worker.pictures;
    const infinite = Float32Array.from(
      [16, 16, Number.POSITIVE_INFINITY, 4, 0, 0.5].flatMap((first) => [first, ...new Array(20).fill(0)]),
    );
    await writeFile(
      join(folder, 'infinite.onnx'),
      onnxModel({ outputs: [{ dims: [1, 6, 21], values: infinite }], metadata: { names: "['cat', 'dog']" } }),
    );
    const context = worker.context('unbounded', "SELECT 'scene-1.jpg' AS file_name", { maxFailedRows: 1 });
    const infiniteBoxes = withSettings(context, { model: '/datasets/infinite.onnx' });
    await runWorkers(infiniteBoxes);
    expect(await worker.ledger(context)).toMatchObject([{ outputs: 0, error_code: 'MODEL_OUTPUT_INVALID' }]);
    expect(await worker.query('SELECT * FROM unbounded')).toEqual([]);
  });

  it('is an empty table for an empty selection', async () => {
    const context = worker.context('none', 'SELECT * FROM exact WHERE FALSE');
    await runWorkers(context);
    expect(await worker.query('SELECT * FROM none')).toEqual([]);
    expect(await stateOf(context)).toMatchObject({
      state: 'published',
      summary: '{"rows":0,"failed":0,"outputs":0}',
    });
  });

  it('is the same where there are more partitions than rows: a worker that finds none with rows left ends without loading the model', async () => {
    const context = worker.context('few', "SELECT 'blank.jpg' AS file_name UNION ALL SELECT 'blank.jpg'", {
      partitions: 5,
    });
    await prepare(context);
    const absent = withSettings(context, { model: '/models/absent.onnx' });
    await partitions(context, 0);
    for (const number of [1, 2]) await partitions(absent, number);
    await finish(context);
    expect((await worker.ledger(context)).map(({ partition_no }) => partition_no)).toEqual([0, 1]);
    expect(await countersOf(context)).toMatchObject([{ done_rows: '1' }, { done_rows: '1' }]);
  });

  it('counts exactly', async () => {
    const files = [...scenes, 'gone.jpg', 'blank.jpg', ...scenes].map((name) => `SELECT '${name}' AS file_name`);
    const context = worker.context('counted', files.join(' UNION ALL '), {
      partitions: 3,
      maxFailedRows: 1,
      commitRows: 2,
    });
    await runWorkers(context);
    const byPartition = await worker.query(
      `SELECT partition_no, COUNT(*) AS done_rows, COUNT(error_code) AS failed_rows, SUM(outputs) AS outputs
       FROM ${system(context, 'ledger')} WHERE selection_id = ? GROUP BY partition_no ORDER BY partition_no`,
      [context.names.id],
    );
    expect(byPartition.map(({ done_rows }) => done_rows)).toEqual(['4', '5', '5']);
    expect(await countersOf(context)).toEqual(byPartition.map((row) => ({ ...row, state: 'done', attempt: 1 })));
    const [counted] = await worker.query('SELECT COUNT(*) AS n FROM counted');
    expect(counted?.n).toBe(String(byPartition.reduce((sum, { outputs }) => sum + Number(outputs), 0)));
    expect(JSON.parse((await stateOf(context))?.summary)).toEqual({
      rows: 14,
      failed: 1,
      outputs: Number(counted?.n),
    });
  });

  it('with partition_by: equal values in one partition, no row lost', async () => {
    const rows = Array.from(
      { length: 28 },
      (_, id) => `SELECT 'blank.jpg' AS file_name, ${id % 7 ? `'cam ${id % 7}'` : 'NULL'} AS Camera`,
    );
    const context = worker.context('shared', rows.join(' UNION ALL '), { partitions: 4, partitionBy: 'camera' });
    await runWorkers(context);
    const spread = await worker.query(
      `SELECT partition_no, COUNT(*) AS n FROM ${system(context, 'ledger')} WHERE selection_id = ? GROUP BY 1 ORDER BY 1`,
      [context.names.id],
    );
    expect(spread.length).toBeGreaterThan(1);
    const cameras = new Map<number, Set<number>>();
    for (const { row_id, partition_no } of await worker.ledger(context)) {
      const camera = (Number(row_id) - 1) % 7;
      cameras.set(camera, (cameras.get(camera) ?? new Set()).add(partition_no));
    }
    expect([...cameras.values()].map(({ size }) => size)).toEqual(new Array(7).fill(1));
    expect(await worker.ledger(context)).toHaveLength(28);
    const laidOut = await worker.query(
      `SELECT partition_no, last_row - first_row + 1 AS n FROM ${system(context, 'partitions')}
       WHERE selection_id = ? AND last_row > 0 ORDER BY 1`,
      [context.names.id],
    );
    expect(laidOut).toEqual(spread);
  });

  it('keeps what a dead worker has written, and refuses what it would write once its partition is taken', async () => {
    const context = worker.context(
      'resumed',
      scenes.map((name) => `SELECT '${name}' AS file_name`).join(' UNION ALL '),
      {
        partitions: 1,
      },
    );
    await prepare(context);
    const dead = await draw(context);
    const failed = { error: { code: 'IMAGE_MISSING', message: 'written by the dead worker' } } as const;
    await writeBatch(context, dead, ['file_name'], { rows: [{ row: '2' }], outcomes: [failed] }, 0);
    await partitions(context, 0);
    await expect(
      writeBatch(context, dead, ['file_name'], { rows: [{ row: '3' }], outcomes: [failed] }, 0),
    ).rejects.toMatchObject({
      code: 'PARTITION_TAKEN',
      message: 'partition 0 was taken over by another worker',
    });
    const ledger = await worker.ledger(context);
    expect(ledger.map(({ row_id, error_message }) => [row_id, error_message])).toEqual([
      ['1', null],
      ['2', 'written by the dead worker'],
      ...['3', '4', '5', '6'].map((row) => [row, null]),
    ]);
  });

  it('is refused by its key where two writers have the same row', async () => {
    const context = worker.context('doubled', "SELECT 'scene-1.jpg' AS file_name", { partitions: 1 });
    await prepare(context);
    const box = [0, 'cat', 0.5, 0, 0, 1, 1];
    const outcome = { outputs: [box], timings: { decodeMs: 0, inferMs: 0 } };
    const write = async () =>
      writeBatch(context, await draw(context), ['file_name'], { rows: [{ row: '1' }], outcomes: [outcome] }, 0);
    await write();
    await expect(write()).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    expect(await worker.query(`SELECT COUNT(*) AS n FROM ${quoteTable(context.names.staging)}`)).toEqual([{ n: '1' }]);
    expect(await countersOf(context)).toMatchObject([{ done_rows: '1', outputs: '1' }]);
  });

  it('is written once where a commit took place and its answer was lost', async () => {
    const context = worker.context('unanswered', "SELECT 'scene-1.jpg' AS file_name");
    await prepare(context);
    const taken = await draw(context);
    let lost = 0;
    const losing: Pool = Object.create(context.pool, {
      getConnection: {
        value: async () => {
          const connection = await context.pool.getConnection();
          return Object.create(connection, {
            commit: {
              value: async () => {
                await connection.commit();
                if (lost++ === 0) throw new MillraceError('DATABASE_UNREACHABLE', 'the answer is lost');
              },
            },
          });
        },
      },
    });
    const box = [0, 'cat', 0.5, 0, 0, 1, 1];
    const outcome = { outputs: [box], timings: { decodeMs: 0, inferMs: 0 } };
    await writeBatch(
      { ...context, pool: losing },
      taken,
      ['file_name'],
      { rows: [{ row: '1' }], outcomes: [outcome] },
      0,
    );
    expect(lost).toBe(2);
    expect(await countersOf(context)).toMatchObject([{ done_rows: '1', outputs: '1' }]);
    expect(await worker.ledger(context)).toHaveLength(1);
  });

  it('is counted exactly where two batches of one worker are written side by side', async () => {
    const context = worker.context('beside', scenes.map((name) => `SELECT '${name}' AS file_name`).join(' UNION ALL '));
    await prepare(context);
    const taken = await draw(context);
    const outcome = { outputs: [[0, 'cat', 0.5, 0, 0, 1, 1]], timings: { decodeMs: 1, inferMs: 0 } };
    const failed = { error: { code: 'IMAGE_MISSING', message: 'gone \u{1f408}'.slice(0, 6) } } as const;
    const batch = (rows: readonly string[]) =>
      writeBatch(
        context,
        taken,
        ['file_name'],
        { rows: rows.map((row) => ({ row })), outcomes: rows.map((row) => (row === '4' ? failed : outcome)) },
        0,
      );
    await Promise.all([batch(['1', '2']), batch(['3', '4']), batch(['5', '6'])]);
    expect(await countersOf(context)).toMatchObject([{ done_rows: '6', failed_rows: '1', outputs: '5' }]);
    expect((await worker.ledger(context)).map(({ outputs }) => outputs)).toEqual([1, 1, 1, 0, 1, 1]);
    expect(await worker.query(`SELECT COUNT(*) AS n FROM ${quoteTable(context.names.staging)}`)).toEqual([{ n: '5' }]);
  });

  it('of thousands of detections in a batch is written whole', async () => {
    const context = worker.context('many', "SELECT 'scene-1.jpg' AS file_name", { partitions: 1 });
    await prepare(context);
    const box = [0, 'cät "\'\\', 0.5, 0, 0, 1, 1];
    const outputs = new Array(25_000).fill(box);
    const outcome = { outputs, timings: { decodeMs: 0, inferMs: 0 } };
    await writeBatch(context, await draw(context), ['file_name'], { rows: [{ row: '1' }], outcomes: [outcome] }, 0);
    expect(
      await worker.query(
        `SELECT COUNT(*) AS n, MAX(detection_no) AS last, MIN(class_name) AS name FROM ${quoteTable(context.names.staging)}`,
      ),
    ).toEqual([{ n: '25000', last: 25_000, name: box[1] }]);
  });

  describe('with images that cannot be read', () => {
    const select = (rows: readonly (string | null)[]) =>
      rows
        .map((name, id) => `SELECT ${id} AS id, ${name === null ? 'NULL' : `'${name}'`} AS file_name`)
        .join(' UNION ALL ');

    beforeAll(async () => {
      const { folder } = worker.pictures;
      await writeFile(join(folder, 'text.jpg'), 'no picture');
      await writeFile(join(folder, 'empty.jpg'), '');
      await mkdir(join(folder, 'folder.jpg'));
      await writeFile(join(folder, '../secret.jpg'), 'outside');
      await symlink('absent', join(folder, 'dangling.jpg'));
      await symlink('../secret.jpg', join(folder, 'linked-out.jpg'));
      await symlink('..', join(folder, 'linked-folder'));
    });

    it('keeps each reason in the ledger and fails at its end with the first of them', async () => {
      const rows = [
        'scene-1.jpg',
        'gone.jpg',
        'text.jpg',
        'empty.jpg',
        '../secret.jpg',
        '/etc/passwd',
        'a/../../secret.jpg',
        'folder.jpg',
        'dangling.jpg',
        null,
        '',
        '/datasets/scene-2.jpg',
        './scene-3.jpg',
        'linked-out.jpg',
        'linked-folder/secret.jpg',
        'http://127.0.0.1/a.jpg',
      ];
      const context = worker.context('failing', select(rows), { maxFailedRows: 12 });
      await prepare(context);
      await partitions(context, 0);
      const { folder } = worker.pictures;
      const reasons = (await worker.ledger(context)).map(({ error_code, error_message }) =>
        error_code === null ? null : `${error_code}: ${error_message.replace(folder, '…')}`,
      );
      expect(reasons).toEqual([
        null,
        'IMAGE_MISSING: no such file: …/gone.jpg',
        'IMAGE_BROKEN: not an image of a supported format (JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP): …/text.jpg',
        'IMAGE_BROKEN: empty file: …/empty.jpg',
        'IMAGE_OUTSIDE: outside /datasets: ../secret.jpg',
        'IMAGE_OUTSIDE: outside /datasets: /etc/passwd',
        'IMAGE_OUTSIDE: outside /datasets: a/../../secret.jpg',
        'IMAGE_UNREADABLE: cannot be read (EISDIR): …/folder.jpg',
        'IMAGE_MISSING: no such file: …/dangling.jpg',
        'IMAGE_MISSING: the row names no image',
        'IMAGE_MISSING: the row names no image',
        null,
        null,
        'IMAGE_OUTSIDE: a link leads out of the volume: …/linked-out.jpg',
        'IMAGE_OUTSIDE: a link leads out of the volume: …/linked-folder/secret.jpg',
        'IMAGE_URL_REFUSED: MILLRACE_IMAGE_URLS does not allow the address of the server: http://127.0.0.1/a.jpg',
      ]);
      const error = await finish(context).catch((error) => error);
      expect({ code: error.code, message: error.message.replaceAll(folder, '…'), hint: error.hint }).toEqual({
        code: 'ROWS_FAILED',
        message:
          '13 of 16 rows failed; max_failed_rows allows 12; row 2: IMAGE_MISSING, no such file: …/gone.jpg (and 1 more); ' +
          'row 3: IMAGE_BROKEN, not an image of a supported format (JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP): …/text.jpg; ' +
          'row 4: IMAGE_BROKEN, empty file: …/empty.jpg; row 5: IMAGE_OUTSIDE, outside /datasets: ../secret.jpg (and 2 more); ' +
          'row 8: IMAGE_UNREADABLE, cannot be read (EISDIR): …/folder.jpg; row 10: IMAGE_MISSING, the row names no image (and 1 more); ' +
          'row 14: IMAGE_OUTSIDE, a link leads out of the volume: …/linked-out.jpg (and 1 more); ' +
          'row 16: IMAGE_URL_REFUSED, MILLRACE_IMAGE_URLS does not allow the address of the server: http://127.0.0.1/a.jpg',
        hint: 'fix the images and retry: only the failed rows are processed again; or raise max_failed_rows',
      });
      expect(await worker.query("SHOW TABLES LIKE 'failing'")).toEqual([]);
    });

    it.each([
      ['--image_dir=/etc is outside the volumes /datasets, /models', { image_dir: '/etc' }],
      ['--model=/etc/model.onnx is outside the volumes /datasets, /models', { model: '/etc/model.onnx' }],
      [
        '--image_dir=/datasets/linked-folder is a link that leads out of its volume',
        { image_dir: '/datasets/linked-folder' },
      ],
      [`a link leads out of the model's volume: `, { model: '/datasets/linked-model.onnx' }],
    ])('reads nothing outside the volumes: %s', async (message, changes) => {
      const { folder, volumes } = worker.pictures;
      await symlink(join(volumes['/models'] ?? '', 'demo.onnx'), join(folder, 'linked-model.onnx')).catch(() => {});
      const context = worker.context('outside', select(['scene-1.jpg']));
      const changed = withSettings(context, changes);
      await prepare(context);
      await expect(partitions(changed, 0)).rejects.toMatchObject({
        code: 'OUTSIDE_VOLUMES',
        message: expect.stringContaining(message),
      });
    });

    it('does only the failed rows again once they are mended', async () => {
      const { folder } = worker.pictures;
      const context = worker.context('mended', select(['scene-1.jpg', 'late.jpg', 'scene-2.jpg', 'later.jpg']), {
        partitions: 1,
      });
      await prepare(context);
      await partitions(context, 0);
      await expect(finish(context)).rejects.toMatchObject({ code: 'ROWS_FAILED' });
      // Were it done again, this row would fail.
      await rename(join(folder, 'scene-1.jpg'), join(folder, 'hidden.jpg'));
      for (const name of ['late.jpg', 'later.jpg']) await symlink('scene-3.jpg', join(folder, name));
      await runWorkers(context);
      await rename(join(folder, 'hidden.jpg'), join(folder, 'scene-1.jpg'));
      await Promise.all(['late.jpg', 'later.jpg'].map((name) => rm(join(folder, name))));
      expect((await worker.ledger(context)).map(({ error_code }) => error_code)).toEqual([null, null, null, null]);
      expect(await countersOf(context)).toMatchObject([{ done_rows: '4', failed_rows: '0', attempt: 2 }]);
      const found = await worker.query('SELECT id, COUNT(*) AS n FROM mended GROUP BY id ORDER BY id');
      expect(found.map(({ id }) => Number(id))).toEqual([0, 1, 2, 3]);
      expect(found[1]?.n).toBe(found[3]?.n);
    });
  });

  type Context = ReturnType<typeof worker.context>;
  const system = ({ schema }: Context, table: string) => quoteTable({ database: schema, table });

  const stateOf = async (context: Context): Promise<RowDataPacket | undefined> =>
    (
      await worker.query(`SELECT state, summary FROM ${system(context, 'selections')} WHERE selection_id = ?`, [
        context.names.id,
      ])
    )[0];

  const countersOf = (context: Context) =>
    worker.query(
      `SELECT partition_no, done_rows, failed_rows, outputs, state, attempt FROM ${system(context, 'partitions')}
       WHERE selection_id = ? ORDER BY partition_no`,
      [context.names.id],
    );
});
