import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import { selectionNames } from '../ledger/selection-names.ts';
import { partitionOfValue } from '../ledger/shares.ts';
import type { ForeignStep } from '../plan/plan.ts';
import { hiddenColumns } from '../task.ts';
import { literal } from './environment.ts';
import type { Rendering } from './workflow.ts';

/**
 * The query for one partition's rows of the materialized selection; Argo inserts the partition's number. It computes the same ranges as
 * the worker, because the image's account may not read the table of partitions.
 */
export function shareQuery(step: ForeignStep, { statement, deployment }: Rendering): string {
  const task = { kind: 'shares', statement, step: step.name } as const;
  const names = selectionNames(task, deployment.schema, deployment.systemDatasource !== null);
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
