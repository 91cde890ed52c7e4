import type { Config } from '../../config.ts';
import { parseDsn } from '../../datasource/dsn.ts';
import { namedAccounts } from '../../datasource/own-database.ts';
import { openPool } from '../../datasource/pool.ts';
import type { TableName } from '../../datasource/table-rows.ts';
import { MillraceError } from '../../errors.ts';
import { lookAtLabels, unusable } from '../../labels/label-columns.ts';
import { bestClasses } from '../../labels/read-classifications.ts';
import type { Output } from '../output.ts';
import type { EvaluateOptions } from './compared-tables.ts';
import { evaluateBoxes } from './evaluate-boxes.ts';
import { evaluateClasses } from './evaluate-classes.ts';

/** `millrace evaluate RESULT LABELS`: measures the boxes or classes of a table by another. It talks to the database itself. */
export async function evaluateTables(
  [result, labels]: readonly [result: string, labels: string],
  options: Omit<EvaluateOptions, 'title'>,
  { config, environment }: { readonly config: Config; readonly environment: NodeJS.ProcessEnv },
  output: Output,
): Promise<number> {
  if (environment.MILLRACE_URL && config.dsn === null)
    throw new MillraceError('USAGE', 'evaluate reads the database itself, but only MILLRACE_URL is set', {
      hint: 'set MILLRACE_DATASOURCE, or use TO EVALUATE on the server',
    });
  const { dsn } = await namedAccounts(config, output.note);
  const pool = openPool(parseDsn(dsn), { connections: 2 });
  try {
    const { database } = parseDsn(dsn);
    const tables = {
      result: await lookAtLabels(pool, tableNamed(result, database)),
      labels: await lookAtLabels(pool, tableNamed(labels, database)),
    };
    const best = bestClasses(tables.result);
    if (tables.result.box !== null) await evaluateBoxes(pool, tables, { ...options, title: result }, output);
    else if (best === null)
      throw unusable(tables.result.table, 'has neither boxes nor the best classes of images', formsHint);
    else if (options.plot !== undefined)
      throw new MillraceError('USAGE', `${result} has no boxes, so precision by recall cannot be drawn`, {
        hint: 'leave out --plot',
      });
    else await evaluateClasses(pool, tables, best, output);
    return 0;
  } finally {
    await pool.end();
  }
}

const formsHint =
  'name a table of detections (x, y, width, height or x1, y1, x2, y2), or of classes as --output=classes or top5 writes them';

function tableNamed(written: string, database: string | null): TableName {
  const dot = written.indexOf('.');
  return dot < 0 ? { database, table: written } : { database: written.slice(0, dot), table: written.slice(dot + 1) };
}
