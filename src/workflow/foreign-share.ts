import { createHash } from 'node:crypto';
import type { ForeignStep } from '../plan/plan.ts';
import { hiddenColumns, workSchemaOf } from '../task.ts';
import { literal } from './environment.ts';
import type { Rendering } from './workflow.ts';

/**
 * One partition's rows of the materialised selection, as SQL; Argo fills in the partition's number. Ranges as the worker shares them
 * out: the image's account need not see where that is written down.
 */
export function shareQuery(step: ForeignStep, { statement, deployment }: Rendering): string {
  const schema = workSchemaOf(deployment.schema, deployment.systemDatasource !== null);
  const selection = `${quote(schema)}.${quote(`selection_${selectionId(statement, step.name)}`)}`;
  const row = `s.${quote(hiddenColumns.row)}`;
  const from = `SELECT s.* FROM ${selection} AS s`;
  const number = '{{inputs.parameters.partition}}';
  if (step.partitionBy !== null) {
    const hash = `MOD(CRC32(COALESCE(CAST(s.${quote(step.partitionBy)} AS CHAR), '')), ${step.partitions})`;
    return `${literal(`${from} WHERE ${hash} = `)}${number} ORDER BY ${row}`;
  }
  const rows = literal(`(SELECT COUNT(*) FROM ${selection})`);
  const bound = (partition: string) => `${rows} * ${partition} DIV GREATEST(1, LEAST(${step.partitions}, ${rows}))`;
  return `${literal(`${from} WHERE ${row} > `)}${bound(number)}${literal(` AND ${row} <= `)}${bound(`(${number} + 1)`)} ORDER BY ${row}`;
}

/** As the worker names it. */
function selectionId(statement: string, step: string): string {
  return createHash('sha256').update(`${statement}/${step}`).digest('hex').slice(0, 32);
}

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
