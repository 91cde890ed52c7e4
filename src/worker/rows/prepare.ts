import { describeTable, hasColumn } from '../../datasource/describe.ts';
import { MillraceError } from '../../errors.ts';
import { releasePartitions } from '../../ledger/partitions.ts';
import { forgetFailures } from '../../ledger/row-outcomes.ts';
import { readSelection } from '../../ledger/selections.ts';
import { forgetWorkers } from '../../ledger/worker-starts.ts';
import { addedColumns } from '../../programs/contract.ts';
import type { RowsContext } from '../context.ts';
import { checkTarget } from './check-target.ts';
import { createResultTable, outputsTableOf } from './result-table.ts';
import { materialise, shareOut } from './select-rows.ts';
import { selectedColumns } from './selected-columns.ts';
import { checkSummary } from './summarise.ts';

/**
 * Materialises the selection once, as rows numbered 1..n in the query's order, and lays out the partitions. Started again after
 * it has finished it changes nothing, except that rows which failed are given another chance.
 */
export async function prepare(context: RowsContext): Promise<void> {
  const known = await readSelection(context);
  if (known?.state === 'ready') {
    const rows = await forgetFailures(context);
    await releasePartitions(context);
    await forgetWorkers(context);
    return context.log.info({ rows }, 'selection was ready; failed rows get another chance');
  }
  if (known !== null) return;
  const { task, names } = context;
  if (task.ignored !== undefined) context.log.warn({ options: task.ignored }, 'options of the command without effect');
  const { names: selected, files } = await selectedColumns(context);
  const { into } = task;
  const target = into === null ? null : await describeTable(context.tables, into);
  // A file would be copied into each row of its results. A table that has the column goes on getting it.
  const isAppended = task.writeMode === 'append' && outputsTableOf(context) === into ? target : null;
  const leftOut = new Set([...files].filter((name) => !hasColumn(isAppended, name)));
  const { keeps } = context.program;
  const isKept = (name: string) => !leftOut.has(name) && isAmong(name, keeps) && !isReplaced(name, context.program);
  if (into !== null) await checkTarget(context, into, target, selected.filter(isKept));
  await checkSummary(context, selected.filter(isKept));
  const columns = await materialise(context);
  const outputs = outputsTableOf(context);
  if (outputs === names.staging || target === null) await createResultTable(context, outputs, columns.filter(isKept));
  const rows = await shareOut(context, columns, (rows) => checkRows(context, rows));
  context.log.info({ rows, partitions: context.task.partitions }, 'selection ready');
}

/** Whether a column that the program adds takes the place of a selected one. */
export function isReplaced(name: string, program: RowsContext['program']): boolean {
  return program.replacesColumns === true && isAmong(name, addedColumns(program));
}

/** Column names have no case. */
function isAmong(name: string, columns: readonly string[] | undefined): boolean {
  return columns === undefined || columns.some((column) => column.toLowerCase() === name.toLowerCase());
}

/** @throws {MillraceError} PROBLEM_TOO_LARGE */
function checkRows({ program: { mostRows, inputs } }: RowsContext, rows: number): void {
  if (mostRows === undefined || rows <= mostRows) return;
  const message = `the query selects ${rows} ${inputs}; this statement can take at most ${mostRows}`;
  throw new MillraceError('PROBLEM_TOO_LARGE', message);
}
