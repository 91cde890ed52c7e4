import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'mysql2/promise';
import { definitionOf, indexOf } from '../src/dataset/tables.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { quoteTable } from '../src/datasource/identifiers.ts';
import { openPool } from '../src/datasource/pool.ts';
import type { ImportFigures, ImportWork } from './dataset-process.ts';
import type { Table } from './figure.ts';

/** The sizes of COCO's instances_train2017.json, which has 448 MB. */
const [images, annotations] = [118_287, 860_001];
/** Pairs of coordinates of an outline: with them, the file has COCO's size. */
const corners = 27;
/** About as many rows as an import has in a batch. */
const batch = 7000;
const database = 'bench_dataset';

/** Measures an import of a file as large as COCO's training annotations. The baseline inserts rows of the same form without reading any file. */
export async function benchDataset(dsn: string): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-dataset-'));
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  try {
    const file = join(folder, 'instances.json');
    await pipeline(Readable.from(textOfFile()), createWriteStream(file));
    const bare = (images + annotations) / (await insertBare(pool));
    const imported = await runImport({ dsn, file, into: database });
    const speed = (images + annotations) / imported.seconds;
    return {
      title: `Import of ${images} images and ${annotations} boxes of COCO`,
      figures: [
        { figure: 'size of the file', value: (await stat(file)).size / 1e6, unit: 'MB' },
        { figure: 'bare batched inserts', value: bare, unit: 'rows/s' },
        {
          figure: 'import',
          value: speed,
          unit: 'rows/s',
          against: { baseline: 'bare batched inserts', ratio: speed / bare },
        },
        { figure: 'import: CPU of the process', value: imported.cpuSeconds, unit: 's' },
        { figure: 'import: peak of the process', value: imported.peakMiB, unit: 'MiB' },
      ],
    };
  } finally {
    await pool.query(`DROP DATABASE IF EXISTS ${database}`).catch(() => {});
    await pool.end();
    await rm(folder, { recursive: true });
  }
}

function* textOfFile(): Generator<string> {
  yield '{"info": {"year": 2017}, "licenses": [], "images": [';
  for (let id = 1; id <= images; id++) yield `${id === 1 ? '' : ', '}${JSON.stringify(imageOf(id))}`;
  yield '], "annotations": [';
  for (let id = 1; id <= annotations; id++) yield `${id === 1 ? '' : ', '}${JSON.stringify(annotationOf(id))}`;
  yield '], "categories": [{"supercategory": "person", "id": 1, "name": "person"}]}';
}

function imageOf(id: number) {
  const file_name = `${String(id).padStart(12, '0')}.jpg`;
  const coco_url = `http://images.cocodataset.org/train2017/${file_name}`;
  return { license: null, file_name, coco_url, height: 480, width: 640, date_captured: '2013-11-14 16:28:13', id };
}

/** Coordinates of two decimals that repeat after a thousand boxes. */
function annotationOf(id: number) {
  const at = (step: number) => (((id % 1000) * 7 + step * 131) % 640) + 0.25;
  const bbox = [at(1), at(2), at(3), at(4)];
  const segmentation = [Array.from({ length: 2 * corners }, (_, step) => at(step))];
  return { segmentation, area: at(5) * 10, iscrowd: 0, image_id: ((id * 7919) % images) + 1, bbox, category_id: 1, id };
}

/** @returns seconds for the same rows in the same tables, with their indexes */
async function insertBare(pool: Pool): Promise<number> {
  await pool.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
  const shape = { segmentations: false, remarks: false };
  const names = {
    images: { database, table: 'bare_images' },
    annotations: { database, table: 'bare_annotations' },
  } as const;
  for (const table of ['images', 'annotations'] as const)
    await pool.query(`CREATE TABLE ${quoteTable(names[table])} ${definitionOf(table, shape, { indexes: false })}`);
  const started = performance.now();
  await insert(pool, quoteTable(names.images), images, (id) => {
    const { file_name, coco_url, height, width, date_captured } = imageOf(id);
    return [id, file_name, height, width, null, coco_url, date_captured];
  });
  await insert(pool, quoteTable(names.annotations), annotations, (id) => {
    const at = (step: number) => (((id % 1000) * 7 + step * 131) % 640) + 0.25;
    return [id, ((id * 7919) % images) + 1, 1, at(1), at(2), at(3), at(4), at(5) * 10, 0];
  });
  await pool.query(`ALTER TABLE ${quoteTable(names.images)} ADD ${indexOf('file_name')}`);
  await pool.query(
    `ALTER TABLE ${quoteTable(names.annotations)} ADD ${indexOf('image_id')}, ADD ${indexOf('category_id')}`,
  );
  return (performance.now() - started) / 1000;
}

async function insert(
  pool: Pool,
  table: string,
  count: number,
  rowOf: (id: number) => readonly unknown[],
): Promise<void> {
  for (let from = 1; from <= count; from += batch) {
    const rows = Array.from({ length: Math.min(batch, count + 1 - from) }, (_, index) => rowOf(from + index));
    await pool.query(`INSERT INTO ${table} VALUES ?`, [rows]);
  }
}

async function runImport(work: ImportWork): Promise<ImportFigures> {
  const program = fileURLToPath(new URL('dataset-process.ts', import.meta.url));
  const child = fork(program, { env: { ...process.env, BENCH_IMPORT: JSON.stringify(work) } });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the import ended with ${code} before it answered`);
  });
  const [figures] = (await Promise.race([once(child, 'message'), exited])) as [ImportFigures];
  await exited.catch(() => {});
  return figures;
}
