import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import { selectionNames } from '../ledger/selection-names.ts';
import { partitionOfValue } from '../ledger/shares.ts';
import type { ForeignStep } from '../plan/plan.ts';
import { hiddenColumns } from '../task.ts';
import { literal } from './environment.ts';
import type { Rendering } from './workflow.ts';

/**
 * One partition's rows of the materialised selection, as SQL; Argo fills in the partition's number. Ranges as the worker shares them
 * out: the image's account need not see where that is written down.
 */
export function shareQuery(step: ForeignStep, { statement, deployment }: Rendering): string {
  const names = selectionNames({ statement, step: step.name }, deployment.schema, deployment.systemDatasource !== null);
  const selection = quoteTable(names.selection);
  const row = `s.${quoteName(hiddenColumns.row)}`;
  const from = `SELECT s.* FROM ${selection} AS s`;
  const number = '{{inputs.parameters.partition}}';
  if (step.partitionBy !== null) {
    const own = partitionOfValue(step.partitionBy, step.partitions);
    return `${literal(`${from} WHERE ${own} = `)}${number} ORDER BY ${row}`;
  }
  const rows = literal(`(SELECT COUNT(*) FROM ${selection})`);
  const bound = (partition: string) => `${rows} * ${partition} DIV GREATEST(1, LEAST(${step.partitions}, ${rows}))`;
  return `${literal(`${from} WHERE ${row} > `)}${bound(number)}${literal(` AND ${row} <= `)}${bound(`(${number} + 1)`)} ORDER BY ${row}`;
}
