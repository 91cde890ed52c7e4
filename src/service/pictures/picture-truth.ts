import type { Pool } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { commonImageKey, type LabelTable, lookAtLabels } from '../../labels/label-columns.ts';
import type { Plan } from '../../plan/plan.ts';
import { runStep } from '../../plan/step-facts.ts';
import { tableReferences } from '../../sql/facts/facts.ts';
import { foldName } from '../../sql/facts/word.ts';
import type { TableTarget } from '../../task.ts';
import type { BoundedQuery } from './bounded-query.ts';
import type { PictureStep } from './picture-step.ts';

/** Labels of the pictures of a result. */
export interface Truth {
  readonly name: string;
  readonly labels: LabelTable;
  /** Column by which labels and result know pictures. */
  readonly key: string;
}

export interface Labelled {
  readonly name: string;
  readonly box: [number, number, number, number] | null;
}

/**
 * The table of labels that the user names or, if none is named, the one that belongs to the pictures: that of TO FIND, of an evaluation in the
 * same program, or the table `annotations` or `ground_truth` beside the table `images` that the query reads.
 * @param named `database.table`; '' for none; undefined: not named
 * @throws {MillraceError} LABELS_UNUSABLE if a named table cannot be used, SYSTEM_SCHEMA
 */
export async function findTruth(
  pool: Pool,
  found: PictureStep,
  plan: Plan,
  named: string | undefined,
  systemSchemas: readonly string[],
): Promise<Truth | null> {
  if (named === '') return null;
  if (named !== undefined) return look(pool, found, tableNamed(named), systemSchemas);
  for (const table of likelyTables(found, plan)) {
    const truth = await look(pool, found, table, systemSchemas).catch(noneIfUnusable);
    if (truth !== null) return truth;
  }
  return null;
}

function tableNamed(name: string): TableTarget {
  const [first = '', second, third] = name.split('.');
  if (first !== '' && second !== '' && third === undefined)
    return second === undefined ? { database: null, table: first } : { database: first, table: second };
  throw new MillraceError('REQUEST_INVALID', `labels is ${JSON.stringify(name)}`, {
    hint: 'write it as database.table',
  });
}

function noneIfUnusable(error: unknown): null {
  if (error instanceof MillraceError && ['LABELS_UNUSABLE', 'SYSTEM_SCHEMA', 'QUERY_FAILED'].includes(error.code))
    return null;
  throw error;
}

async function look(
  pool: Pool,
  { columns }: PictureStep,
  table: TableTarget,
  systemSchemas: readonly string[],
): Promise<Truth> {
  const name = table.database === null ? table.table : `${table.database}.${table.table}`;
  if (table.database !== null && systemSchemas.map(foldName).includes(foldName(table.database)))
    throw new MillraceError('SYSTEM_SCHEMA', `${table.database} is the system schema, which has no labels`, {
      hint: 'name a table of another schema',
    });
  const labels = await lookAtLabels(pool, table);
  return { name, labels, key: commonImageKey(labels, columns) };
}

/** Names of the labels of a table `images`: a dataset's, and the demo's. */
const labelTables = ['annotations', 'ground_truth'];

function likelyTables({ step }: PictureStep, plan: Plan): readonly TableTarget[] {
  const ofSteps = plan.steps.flatMap((each) => {
    const run = runStep(each);
    const { labels } = (run?.program.settings ?? {}) as { readonly labels?: unknown };
    const isOwn =
      each.name === step.name || run?.program.name === 'evaluate' || run?.program.name === 'evaluate-classifier';
    return isOwn && isTable(labels) ? [labels] : [];
  });
  const datasets = tableReferences(step.select).filter(({ table }) => table.toLowerCase() === 'images');
  return [...ofSteps, ...datasets.flatMap(({ database }) => labelTables.map((table) => ({ database, table })))];
}

function isTable(labels: unknown): labels is TableTarget {
  return typeof labels === 'object' && labels !== null && 'table' in labels;
}

/** Labels that one page has. */
const mostLabels = 20_000;

/** Labels by the key of the picture, as text. */
export async function readTruth(
  query: BoundedQuery,
  { labels, key }: Truth,
  keys: readonly unknown[],
): Promise<ReadonlyMap<string, readonly Labelled[]>> {
  const known = keys.filter((each) => each !== null);
  if (known.length === 0) return new Map();
  const { table, images, className, classId, box, joins } = labels;
  const numbers = box ?? ['NULL', 'NULL', 'NULL', 'NULL'];
  const parts = [images.get(key)!, className ?? 'NULL', classId ?? 'NULL', ...numbers];
  const rows = await query(
    `SELECT ${parts.map((sql, at) => `${sql} AS v${at}`).join(', ')} FROM ${quoteTable(table)} AS t${joins}
     WHERE ${images.get(key)} IN (?) LIMIT ${mostLabels}`,
    [known],
  );
  const told = new Map<string, Labelled[]>();
  for (const { v0, v1, v2, v3, v4, v5, v6 } of rows) {
    const name = v1 === null ? (v2 === null ? '' : `class ${v2}`) : String(v1);
    const one = { name, box: v3 === null ? null : boxOf(Number(v3), Number(v4), Number(v5), Number(v6)) };
    const own = told.get(String(v0));
    if (own === undefined) told.set(String(v0), [one]);
    else own.push(one);
  }
  return told;
}

function boxOf(x: number, y: number, width: number, height: number): [number, number, number, number] {
  return [x, y, x + width, y + height];
}
