import type { Pool, RowDataPacket } from 'mysql2/promise';
import { type Static, Type } from 'typebox';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { hiddenColumns } from '../../task.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { type BoundedQuery, boundedQuery } from './bounded-query.ts';
import type { FoundColumns, PictureStep } from './picture-step.ts';
import { readTruth, type Truth } from './picture-truth.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** A tuple of TypeBox is not a schema of the draft that OpenAPI 3.1 has. */
const Box = Type.Unsafe<[number, number, number, number]>({
  ...{ type: 'array', items: { type: 'number' }, minItems: 4, maxItems: 4 },
  description: 'x1, y1, x2, y2 in px of the upright picture',
});

const Found = Type.Object({
  name: Type.String({ description: 'the class' }),
  score: nullable(Type.Number()),
  count: nullable(Type.Integer({ description: 'number of objects, where TO FIND counted them' })),
  box: nullable(Box),
});

const Labelled = Type.Object({ name: Type.String(), box: nullable(Box) });

const Picture = Type.Object({
  row: Type.Integer({ description: 'number of the row in the selection of the step, starting at 1' }),
  name: nullable(
    Type.String({
      description:
        'path or URL of the picture; null if the query selected the picture itself, which the result does not keep',
    }),
  ),
  found: Type.Array(Found, { description: 'in the order of the result' }),
  isCut: Type.Boolean({ description: 'whether more was found than is listed' }),
  truth: nullable(Type.Array(Labelled, { description: 'labels of the picture; null if no table of labels is known' })),
});

export const PicturePage = Type.Object({
  step: Type.String(),
  kind: Type.Enum(['boxes', 'classes', 'best', 'scores', 'counts'], {
    description: 'how the result says what was found',
  }),
  labels: nullable(Type.String({ description: 'table of the ground truth' })),
  pictures: Type.Array(Picture),
  next: nullable(
    Type.String({
      description: 'cursor of the next page; null on the last page. A page may be empty and have a next one',
    }),
  ),
});
export type PicturePage = Static<typeof PicturePage>;

export interface PictureFilter {
  readonly class?: string | undefined;
  readonly minScore?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Rows of the table that one page looks at, so that a filter that nothing passes is not a search of the whole table. */
const scannedRows = 200_000;
/** Rows of the table that one page has. A picture has at most 30,000 boxes (`--max_detections`). */
const pageRows = 20_000;
/** Columns of classes of which the best are listed. */
const bestScores = 10;

const row = quoteName(hiddenColumns.row);

/**
 * The pictures of a result after the cursor, each once, with all that was found in them.
 * @throws {MillraceError} INVALID_CURSOR, RESULT_TOO_SLOW, DATABASE_…
 */
export async function picturePage(
  pool: Pool,
  found: PictureStep,
  truth: Truth | null,
  filter: PictureFilter,
  signal: AbortSignal,
): Promise<PicturePage> {
  const query = boundedQuery(pool, signal);
  const after = filter.cursor === undefined ? 0 : rowAfter(filter.cursor);
  const { rows, next } = await matchingRows(query, found, filter, after);
  const { pictures, isLast } = await readPictures(query, found, truth, rows);
  const left = isLast ? next : pictures.at(-1)!.row;
  const truths =
    truth === null
      ? null
      : await readTruth(
          query,
          truth,
          pictures.map(({ key }) => key),
        );
  return {
    step: found.step.name,
    kind: found.found.kind,
    labels: truth?.name ?? null,
    pictures: pictures.map(({ key, ...picture }) => ({
      ...picture,
      truth: truths === null ? null : [...(truths.get(String(key)) ?? [])],
    })),
    next: left === null ? null : writeCursor({ picture: left }),
  };
}

function rowAfter(cursor: string): number {
  const { picture } = readCursor(cursor);
  if (typeof picture === 'number' && Number.isSafeInteger(picture) && picture >= 0) return picture;
  throw new MillraceError('INVALID_CURSOR', 'the cursor does not belong to these pictures');
}

async function matchingRows(
  query: BoundedQuery,
  { table, selection, found, columns }: PictureStep,
  filter: PictureFilter,
  after: number,
): Promise<{ readonly rows: readonly number[]; readonly next: number | null }> {
  const condition = conditionOf(found, filter);
  const needed = condition === null ? [] : condition.columns.map(quoteName);
  const scan = `SELECT ${[`${row} AS r`, ...needed].join(', ')} FROM ${quoteTable(table)}
     WHERE ${quoteName(hiddenColumns.selection)} = ? AND ${row} > ? ORDER BY ${orderOf(columns)} LIMIT ${scannedRows}`;
  const matching = await query(
    `SELECT DISTINCT r FROM (${scan}) AS scanned ${condition === null ? '' : `WHERE ${condition.sql}`} ORDER BY r LIMIT ${filter.limit}`,
    [selection, after, ...(condition?.values ?? [])],
  );
  const rows = matching.map(({ r }) => Number(r));
  if (rows.length === filter.limit) return { rows, next: rows.at(-1)! };
  const [end] = await query(`SELECT COUNT(*) AS n, MAX(r) AS last FROM (${scan}) AS scanned`, [selection, after]);
  if (Number(end?.n) < scannedRows) return { rows, next: null };
  // The last picture may have more boxes than were looked at.
  const last = Number(end?.last);
  return { rows, next: Math.max(last - 1 > after ? last - 1 : last, rows.at(-1) ?? 0) };
}

/** The primary key of a result table. */
export function orderOf(columns: readonly string[]): string {
  const numbering = ['detection_no', 'class_rank'].filter((name) => columns.includes(name));
  return [hiddenColumns.selection, hiddenColumns.row, ...numbering].map(quoteName).join(', ');
}

interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly columns: readonly string[];
}

/** Names of classes are told apart by their bytes. */
const isClass = (column: string) => `CAST(${quoteName(column)} AS BINARY) = CAST(? AS BINARY)`;

/** @returns null if every row passes */
function conditionOf(found: FoundColumns, { class: name, minScore }: PictureFilter): Condition | null {
  if (name === undefined && minScore === undefined) return null;
  if (found.kind === 'boxes' || found.kind === 'classes') {
    const parts = [
      ...(name === undefined ? [] : [isClass('class_name')]),
      ...(minScore === undefined ? [] : ['score >= ?']),
    ];
    return { sql: parts.join(' AND '), values: [name, minScore].filter(isGiven), columns: ['class_name', 'score'] };
  }
  if (found.kind === 'best') {
    const parts = found.pairs.map(([best, score]) =>
      [name === undefined ? 'TRUE' : isClass(best), minScore === undefined ? 'TRUE' : `${quoteName(score)} >= ?`].join(
        ' AND ',
      ),
    );
    const values = found.pairs.flatMap(() => [name, minScore].filter(isGiven));
    return { sql: parts.map((part) => `(${part})`).join(' OR '), values, columns: found.pairs.flat() };
  }
  const classes = name === undefined ? found.classes : found.classes.filter((each) => each === name);
  if (classes.length === 0) return { sql: 'FALSE', values: [], columns: [] };
  const [sign, least] = found.kind === 'counts' ? ['>', 0] : ['>=', minScore ?? 0];
  const parts = classes.map((each) => `${quoteName(each)} ${sign} ?`);
  return { sql: parts.join(' OR '), values: classes.map(() => least), columns: classes };
}

const isGiven = (value: unknown) => value !== undefined;

type ReadPicture = Omit<PicturePage['pictures'][number], 'truth'> & { readonly key: unknown };

/** The pictures of these rows. @returns isLast: false if not all of them fit */
async function readPictures(
  query: BoundedQuery,
  { table, selection, found, columns, image }: PictureStep,
  truth: Truth | null,
  rows: readonly number[],
): Promise<{ readonly pictures: readonly ReadPicture[]; readonly isLast: boolean }> {
  if (rows.length === 0) return { pictures: [], isLast: true };
  const name = image === null ? 'NULL' : `CONVERT(${quoteName(image)} USING utf8mb4)`;
  const key = truth === null ? 'NULL' : quoteName(truth.key);
  const parts = [`${row} AS r`, `${name} AS n`, `${key} AS k`, ...foundParts(found)];
  const read = await query(
    `SELECT ${parts.join(', ')} FROM ${quoteTable(table)}
     WHERE ${quoteName(hiddenColumns.selection)} = ? AND ${row} IN (?) ORDER BY ${orderOf(columns)} LIMIT ${pageRows + 1}`,
    [selection, rows],
  );
  const grouped = [...Map.groupBy(read, ({ r }) => Number(r))];
  const isLast = read.length <= pageRows;
  // The last picture may not be complete.
  const whole = isLast || grouped.length === 1 ? grouped : grouped.slice(0, -1);
  const pictures = whole.map(([number, own]) => ({
    row: number,
    name: own[0]!.n === null ? null : String(own[0]!.n),
    key: own[0]!.k,
    found: foundIn(found, own),
    isCut: !isLast && grouped.length === 1,
  }));
  return { pictures, isLast: isLast || (grouped.length === 1 && rows.length === 1) };
}

function foundParts(found: FoundColumns): readonly string[] {
  switch (found.kind) {
    case 'boxes':
      return ['class_name', 'score', 'x1', 'y1', 'x2', 'y2'];
    case 'classes':
      return ['class_name', 'score'];
    case 'best':
      return found.pairs.flatMap(([best, score], at) => [
        `${quoteName(best)} AS c${at}`,
        `${quoteName(score)} AS s${at}`,
      ]);
    default:
      return found.classes.map((name, at) => `${quoteName(name)} AS c${at}`);
  }
}

type FoundInPicture = PicturePage['pictures'][number]['found'];

function foundIn(found: FoundColumns, rows: readonly RowDataPacket[]): FoundInPicture {
  const [first] = rows;
  const nothing = { score: null, count: null, box: null };
  switch (found.kind) {
    case 'boxes':
    case 'classes':
      return rows.map(({ class_name, score, x1, y1, x2, y2 }) => ({
        name: String(class_name ?? ''),
        score: numberOf(score),
        count: null,
        box: found.kind === 'boxes' ? [Number(x1), Number(y1), Number(x2), Number(y2)] : null,
      }));
    case 'best':
      return found.pairs.flatMap((_, at) =>
        first![`c${at}`] === null
          ? []
          : [{ ...nothing, name: String(first![`c${at}`]), score: numberOf(first![`s${at}`]) }],
      );
    case 'counts':
      return found.classes.flatMap((name, at) =>
        first![`c${at}`] === null ? [] : [{ ...nothing, name, count: Number(first![`c${at}`]) }],
      );
    case 'scores':
      return found.classes
        .map((name, at) => ({ ...nothing, name, score: numberOf(first![`c${at}`]) }))
        .toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0))
        .slice(0, bestScores);
  }
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
