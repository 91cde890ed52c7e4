import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { maxImageBytes } from '../../../src/worker/image/encoded-image.ts';
import { largeColumns, largeValue } from '../../../src/worker/rows/large-values.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { type PendingPage, pendingRows } from '../../../src/worker/rows/pending-rows.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { servers } from '../../database.ts';
import { bmpFile } from '../image/bmp-file.ts';
import { draw, runWorkers, useWorker, withSettings } from '../use-worker.ts';

describe.each(servers)('a column of images on $name', (server) => {
  const worker = useWorker(server);
  const byColumn = (table: string, select: string, column = 'photo') =>
    withSettings(worker.context(table, select, { maxFailedRows: 10 }), { image_column: column });

  beforeAll(async () => {
    await worker.query(
      'CREATE TABLE photos (id INT PRIMARY KEY, photo LONGBLOB, small VARBINARY(60000), file_name VARCHAR(60))',
    );
    const { folder } = worker.pictures;
    await writeFile(join(folder, 'large.bmp'), await largeBmp(join(folder, 'scene-1.jpg')));
    for (const [id, name] of ['scene-1.jpg', 'scene-2.jpg', 'large.bmp', 'blank.jpg'].entries()) {
      const photo = await readFile(join(folder, name));
      const small = photo.length > 60_000 ? null : photo;
      await worker.query('INSERT INTO photos VALUES (?, ?, ?, ?)', [id, photo, small, name]);
    }
  });

  const found = (table: string) =>
    worker.query(`SELECT id, detection_no, class_name, score, x1, y1, x2, y2 FROM ${table} ORDER BY id, detection_no`);

  it('gives what the same images give as files', async () => {
    await runWorkers(byColumn('from_files', 'SELECT id, file_name FROM photos ORDER BY id', 'file_name'));
    await runWorkers(byColumn('from_column', 'SELECT id, photo FROM photos ORDER BY id'));
    const expected = await found('from_files');
    expect(new Set(expected.map(({ id }) => id))).toEqual(new Set([0, 1, 2]));
    expect(await found('from_column')).toEqual(expected);
    await runWorkers(byColumn('from_small', 'SELECT id, small FROM photos WHERE id <> 2 ORDER BY id', 'small'));
    expect(await found('from_small')).toEqual(expected.filter(({ id }) => id !== 2));
  });

  it('may be of type BLOB and hold names of files', async () => {
    await runWorkers(byColumn('names', "SELECT 0 AS id, CAST('scene-1.jpg' AS BINARY) AS photo"));
    expect(await found('names')).toEqual((await found('from_files')).filter(({ id }) => id === 0));
  });

  const columnsOf = async (table: string) =>
    (
      await worker.query(
        'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
        [worker.database.name, table],
      )
    )
      .map(({ name }) => String(name))
      .filter((name) => !name.startsWith('millrace_'));
  const boxes = ['detection_no', 'class_id', 'class_name', 'score', 'x1', 'y1', 'x2', 'y2'];

  it('is not copied into the result, which has the other columns', async () => {
    await runWorkers(byColumn('without', 'SELECT photo, id, file_name FROM photos ORDER BY id'));
    expect((await columnsOf('without')).toSorted()).toEqual(['id', 'file_name', ...boxes].toSorted());
    expect(await found('without')).toEqual(await found('from_files'));
    await runWorkers(byColumn('nothing_else', 'SELECT photo FROM photos WHERE id = 0'));
    expect((await columnsOf('nothing_else')).toSorted()).toEqual(boxes.toSorted());
  });

  it('is copied where it is selected once more by another name', async () => {
    await runWorkers(byColumn('twice', 'SELECT id, photo, photo AS picture FROM photos WHERE id = 0'));
    const [row] = await worker.query(
      'SELECT COUNT(*) AS n FROM twice JOIN photos USING (id) WHERE SHA2(twice.picture, 256) = SHA2(photos.photo, 256)',
    );
    expect(Number(row?.n)).toBeGreaterThan(0);
    expect(await columnsOf('twice')).not.toContain('photo');
  });

  it.each([
    ['a name in a column of bytes', "SELECT 0 AS id, CAST('scene-1.jpg' AS BINARY) AS photo"],
    ['a name in a text', "SELECT 0 AS id, REPEAT('scene-1.jpg', 1) AS photo"],
  ])('is copied where it can only be %s', async (what, select) => {
    const table = what.replaceAll(' ', '_');
    await runWorkers(byColumn(table, select));
    expect(await columnsOf(table)).toContain('photo');
    expect(await worker.query(`SELECT DISTINCT CAST(photo AS CHAR) AS photo FROM ${table}`)).toEqual([
      { photo: 'scene-1.jpg' },
    ]);
  });

  it('is appended to a table that has it, and left out of one that does not', async () => {
    const append = async () => {
      const select = 'SELECT id, photo FROM photos WHERE id = 0';
      const context = worker.context('appended', select, { writeMode: 'append' });
      await runWorkers(withSettings(context, { image_column: 'photo' }));
    };
    await append();
    await append();
    expect(await columnsOf('appended')).not.toContain('photo');
    await worker.query('ALTER TABLE appended ADD COLUMN photo LONGBLOB');
    await append();
    const counts = await worker.query(
      'SELECT photo IS NULL AS missing, COUNT(*) AS n FROM appended GROUP BY 1 ORDER BY 1',
    );
    const [given, missing] = counts.map(({ n }) => Number(n));
    expect(missing).toBe(2 * given!);
  });

  it('fails a row whose value is not an image, and names the reason', async () => {
    await worker.query('CREATE TABLE broken (id INT PRIMARY KEY, photo MEDIUMBLOB)');
    const values = [
      null,
      '',
      '<!doctype html>\n<html>',
      Buffer.from('\xff\xd8\xff\xe0 and no more', 'latin1'),
      Buffer.from('\x01\x02\x03\0\xfe', 'latin1'),
      'gone.jpg',
    ];
    for (const [id, value] of values.entries()) await worker.query('INSERT INTO broken VALUES (?, ?)', [id, value]);
    const context = byColumn('none', 'SELECT * FROM broken ORDER BY id');
    await prepare(context);
    await partitions(context, 0);
    const { folder } = worker.pictures;
    const reasons = (await worker.ledger(context)).map(({ error_code, error_message }) =>
      `${error_code}: ${error_message}`.replace(folder, '…'),
    );
    expect(reasons).toEqual([
      'IMAGE_MISSING: the row names no image',
      'IMAGE_MISSING: the row names no image',
      'IMAGE_BROKEN: a web page, not an image; download the image itself: the value of the image column',
      'IMAGE_BROKEN: a truncated or damaged JPEG file: the value of the image column',
      'IMAGE_BROKEN: not an image of a supported format (JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP): the value of the image column',
      'IMAGE_MISSING: no such file: …/gone.jpg',
    ]);
  });

  it('is not read with the page, and not at all where a value is too large', async () => {
    const context = byColumn('lazy', 'SELECT id, photo FROM photos ORDER BY id');
    await prepare(context);
    const taken = await draw(context);
    const columns = ['photo', 'id'];
    const large = await largeColumns(context, columns);
    const pages = pendingRows(context, taken, { columns, large, pace: { rows: () => 4 } });
    const { rows: page } = (await pages.next()).value as PendingPage;
    expect(page.map(({ values }) => values[1]?.toString())).toEqual(['0', '1', '2', '3']);
    expect(page.map(({ values }) => values[0])).toEqual(new Array(4).fill({ read: expect.any(Function) }));
    const value = largeValue(context, 'photo', '3');
    const file = await readFile(join(worker.pictures.folder, 'large.bmp'));
    const read = await value.read(maxImageBytes);
    expect(read?.length).toBe(file.length);
    expect(Buffer.compare(read?.bytes as Buffer, file)).toBe(0);
    expect(await value.read(file.length - 1)).toEqual({ length: file.length, bytes: null });
  });
});

/** More than one piece. */
async function largeBmp(scene: string): Promise<Buffer> {
  const side = 1280;
  const pixels = await sharp(scene).resize(side, side, { fit: 'fill' }).raw().toBuffer();
  const rows = Array.from({ length: side }, (_, row) => {
    const at = row * side * 3;
    return Array.from({ length: side * 3 }, (_, byte) => pixels[at + byte - (byte % 3) + 2 - (byte % 3)]!);
  });
  return bmpFile({ width: side, height: -side, bits: 24, rows });
}
