import { join } from 'node:path';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import pLimit from 'p-limit';
import { quoteTable } from '../../datasource/identifiers.ts';
import { unsafeReason } from '../file-names.ts';
import { lookAtPicture, type Picture } from '../pictures.ts';
import { type NamedRow, rowsOfTable } from '../read-rows.ts';

/** What is wrong with the pictures of a dataset. Each list has the first ones; the counts are of all. */
export interface PictureReport {
  readonly checked: number;
  readonly missing: Finding;
  readonly unreadable: Finding;
  /** Pictures whose size is not that of the table: boxes would be at other places. */
  readonly otherSize: Finding;
}

export interface Finding {
  readonly count: number;
  readonly examples: readonly string[];
}

const [atOnce, chunk, mostExamples] = [8, 256, 20];

/** Looks at each picture of the table `images`. Reads their headers only, so that damage further on is not found. */
export async function checkPictures(
  pool: Pool,
  database: string,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<PictureReport> {
  const images = quoteTable({ database, table: 'images' });
  const [[all]] = await pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS total FROM ${images}`);
  const found = { missing: openFinding(), unreadable: openFinding(), otherSize: openFinding() };
  let checked = 0;
  const check = async (rows: readonly NamedRow[]) => {
    const limit = pLimit(atOnce);
    const pictures = await limit.map(rows, ({ file_name }) => look(folder, String(file_name)));
    for (const [index, row] of rows.entries()) note(row, pictures[index]!, found);
    checked += rows.length;
    onProgress(checked, Number(all?.total));
  };
  const rows: NamedRow[] = [];
  for await (const row of rowsOfTable(pool, database, 'images')) {
    rows.push(row);
    if (rows.length === chunk) await check(rows.splice(0));
  }
  await check(rows);
  return { checked, ...found };
}

/** The table may have been written by others. */
async function look(folder: string, name: string): Promise<Picture> {
  return unsafeReason(name) === null ? lookAtPicture(join(folder, name)) : 'missing';
}

type OpenFinding = { count: number; examples: string[] };

function openFinding(): OpenFinding {
  return { count: 0, examples: [] };
}

function note(
  { file_name: name, width, height }: NamedRow,
  picture: Picture,
  found: Readonly<Record<'missing' | 'unreadable' | 'otherSize', OpenFinding>>,
): void {
  if (typeof picture === 'string') add(found[picture], String(name));
  else if (picture.width !== Number(width) || picture.height !== Number(height))
    add(found.otherSize, `${name} (${picture.width}×${picture.height}, not ${width}×${height})`);
}

function add(finding: OpenFinding, example: string): void {
  finding.count += 1;
  if (finding.examples.length < mostExamples) finding.examples.push(example);
}
