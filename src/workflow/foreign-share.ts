import { createHash } from 'node:crypto';
import type { ForeignStep } from '../plan/plan.ts';
import { hiddenColumns } from '../task.ts';
import { literal } from './environment.ts';
import type { Rendering } from './workflow.ts';

/** One partition's rows of the materialised selection, as SQL; Argo fills in the partition's number. */
export function shareQuery(step: ForeignStep, { statement, deployment }: Rendering): string {
  const id = selectionId(statement, step.name);
  const schema = quote(deployment.schema);
  const row = `s.${quote(hiddenColumns.row)}`;
  const from = `SELECT s.* FROM ${schema}.${quote(`selection_${id}`)} AS s`;
  if (step.partitionBy !== null) {
    const hash = `MOD(CRC32(COALESCE(CAST(s.${quote(step.partitionBy)} AS CHAR), '')), ${step.partitions})`;
    return `${literal(`${from} WHERE ${hash} = `)}{{inputs.parameters.partition}} ORDER BY ${row}`;
  }
  const join = `JOIN ${schema}.${quote('partitions')} AS p ON ${row} BETWEEN p.${quote('first_row')} AND p.${quote('last_row')}`;
  const where = `WHERE p.${quote('selection_id')} = X'${id}' AND p.${quote('partition_no')} =`;
  return `${literal(`${from} ${join} ${where} `)}{{inputs.parameters.partition}} ORDER BY ${row}`;
}

/** As the worker names it. */
function selectionId(statement: string, step: string): string {
  return createHash('sha256').update(`${statement}/${step}`).digest('hex').slice(0, 32);
}

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
