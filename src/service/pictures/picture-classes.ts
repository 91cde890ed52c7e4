import type { Pool } from 'mysql2/promise';
import { type Static, Type } from 'typebox';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { hiddenColumns } from '../../task.ts';
import { type BoundedQuery, boundedQuery } from './bounded-query.ts';
import { orderOf } from './picture-page.ts';
import type { PictureStep } from './picture-step.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** Bars of a histogram of scores, from 0 to 1. */
const bars = 20;

const ClassCount = Type.Object({
  name: Type.String(),
  objects: count('boxes of the class; for other results, pictures'),
  pictures: count('pictures that show it'),
  scores: Type.Union([
    Type.Array(Type.Integer(), {
      description: `numbers of objects by score, in ${bars} bars of the same width from 0 to 1`,
    }),
    Type.Null(),
  ]),
});

export const PictureClasses = Type.Object({
  step: Type.String(),
  selected: count('rows that the query of the step selected'),
  pictures: count('pictures in the result; a picture in which nothing was found has no row'),
  counted: count('rows of the result that were counted, from the first on'),
  isComplete: Type.Boolean({ description: 'whether all rows were counted' }),
  classes: Type.Array(ClassCount, { description: 'the most frequent classes first; at most 1000' }),
});
export type PictureClasses = Static<typeof PictureClasses>;

/** Rows that are counted. */
const countedRows = 1_000_000;
const mostClasses = 1000;

/** The classes of a result, with numbers of objects and pictures. @throws {MillraceError} RESULT_TOO_SLOW, DATABASE_… */
export async function pictureClasses(pool: Pool, found: PictureStep, signal: AbortSignal): Promise<PictureClasses> {
  const query = boundedQuery(pool, signal);
  const [total] = await query(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT r) AS pictures FROM (${scanOf(found, [])}) AS scanned`,
    [found.selection],
  );
  const counted = Number(total?.n);
  return {
    step: found.step.name,
    selected: found.rows,
    pictures: Number(total?.pictures),
    counted,
    isComplete: counted < countedRows,
    classes: [...(await classesOf(query, found))],
  };
}

function scanOf({ table, columns }: PictureStep, parts: readonly string[]): string {
  const row = `${quoteName(hiddenColumns.row)} AS r`;
  return `SELECT ${[row, ...parts].join(', ')} FROM ${quoteTable(table)}
     WHERE ${quoteName(hiddenColumns.selection)} = ? ORDER BY ${orderOf(columns)} LIMIT ${countedRows}`;
}

async function classesOf(query: BoundedQuery, found: PictureStep): Promise<PictureClasses['classes']> {
  const { kind } = found.found;
  if (kind === 'boxes' || kind === 'classes') return namedClasses(query, found, 'class_name', 'score');
  if (kind === 'best') return namedClasses(query, found, ...found.found.pairs[0]!);
  return columnClasses(query, found);
}

/** A class is told apart by its bytes: a collation may take Ä for A. */
async function namedClasses(
  query: BoundedQuery,
  found: PictureStep,
  name: string,
  score: string,
): Promise<PictureClasses['classes']> {
  const bar = `LEAST(${bars - 1}, GREATEST(0, FLOOR(${quoteName(score)} * ${bars})))`;
  const scan = scanOf(found, [`CAST(${quoteName(name)} AS BINARY) AS name`, `${bar} AS bar`]);
  const totals = await query(
    `SELECT name, COUNT(*) AS objects, COUNT(DISTINCT r) AS pictures FROM (${scan}) AS scanned
     WHERE name IS NOT NULL GROUP BY name ORDER BY objects DESC, name LIMIT ${mostClasses}`,
    [found.selection],
  );
  if (totals.length === 0) return [];
  const heights = await query(
    `SELECT name, bar, COUNT(*) AS n FROM (${scan}) AS scanned WHERE name IN (?) AND bar IS NOT NULL GROUP BY name, bar`,
    [found.selection, totals.map((each) => each.name)],
  );
  const scores = new Map<string, number[]>();
  for (const each of heights) {
    const key = textOf(each.name);
    const own = scores.get(key) ?? Array<number>(bars).fill(0);
    own[Number(each.bar)] = Number(each.n);
    scores.set(key, own);
  }
  return totals.map((each) => ({
    name: textOf(each.name),
    objects: Number(each.objects),
    pictures: Number(each.pictures),
    scores: scores.get(textOf(each.name)) ?? Array<number>(bars).fill(0),
  }));
}

const textOf = (name: unknown) => (Buffer.isBuffer(name) ? name.toString() : String(name));

/** Score from which a column of a class counts as shown. */
const shownFrom = 0.5;

async function columnClasses(query: BoundedQuery, found: PictureStep): Promise<PictureClasses['classes']> {
  if (found.found.kind !== 'counts' && found.found.kind !== 'scores') return [];
  const { kind, classes } = found.found;
  if (classes.length === 0) return [];
  const names = classes.slice(0, mostClasses);
  const scan = scanOf(
    found,
    names.map((name, at) => `${quoteName(name)} AS c${at}`),
  );
  const sums = names.flatMap((_, at) =>
    kind === 'counts'
      ? [`SUM(c${at} > 0) AS p${at}`, `SUM(c${at}) AS o${at}`]
      : [`SUM(c${at} >= ${shownFrom}) AS p${at}`, `SUM(c${at} >= ${shownFrom}) AS o${at}`],
  );
  const [row] = await query(`SELECT ${sums.join(', ')} FROM (${scan}) AS scanned`, [found.selection]);
  return names
    .map((name, at) => ({
      name,
      objects: Number(row?.[`o${at}`] ?? 0),
      pictures: Number(row?.[`p${at}`] ?? 0),
      scores: null,
    }))
    .toSorted((one, other) => other.objects - one.objects);
}
