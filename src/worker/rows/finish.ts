import { quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { readModelCounts } from '../../ledger/model-counts.ts';
import { readFailures, type Tally, tallyOutcomes } from '../../ledger/row-outcomes.ts';
import { readRunTimings } from '../../ledger/run-timings.ts';
import { markPublished, requireSelection, type SelectionState } from '../../ledger/selections.ts';
import type { RowsContext } from '../context.ts';
import { publish } from './publish.ts';
import { recordCascade } from './record-cascade.ts';
import { recordEvaluation, speedOf } from './record-evaluation.ts';
import { recordTimings } from './record-timings.ts';
import { compareOutputs, storeAnswer, summarise } from './summarise.ts';

/**
 * Compares the ledger with the selection, publishes the result table, records the summary and drops the selection. Started again at
 * any point it ends in the same state.
 * @throws {MillraceError} ROWS_MISSING, ROWS_FAILED: then nothing is published and what was done is kept
 */
export async function finish(context: RowsContext): Promise<void> {
  const selection = await requireSelection(context, context.task.step);
  if (selection.state !== 'published') {
    const tally = await tallyOutcomes(context);
    checkComplete(selection, tally);
    await checkFailed(context, tally);
    if (selection.state === 'ready') await evaluate(context, selection);
    const compared = selection.state === 'ready' ? await compareOutputs(context, selection.columns) : null;
    if (selection.state === 'ready') await storeAnswer(context, selection.columns);
    await publish(context, selection);
    const counted = await withModels(context, tally);
    const summary = { ...counted, ...(compared !== null && { compared }) };
    await markPublished(context, summary);
    context.log.info({ summary }, 'published');
    // An evaluation reads all of the model's output, which takes longer than a run.
    if (context.program.summary === undefined) await recordTimings(context);
    await recordCascade(context);
  }
  const { selection: rows, staging, summary } = context.names;
  const left = context.program.summary === undefined ? [rows] : [rows, staging, summary];
  await context.pool.query(`DROP TABLE IF EXISTS ${left.map(quoteTable).join(', ')}`);
}

/** Computes what is published instead of the results, if the program does, and keeps it with the measurements of the model. */
async function evaluate(context: RowsContext, { columns }: SelectionState): Promise<void> {
  const { summary } = context.program;
  if (summary === undefined) return;
  const timings = await readRunTimings(context);
  const { images, accuracy, perClass } = await summarise(context, summary, columns, speedOf(timings));
  await recordEvaluation(context, { images, accuracy, perClass }, timings);
}

/** The counts over all rows, with those of the models of a step that asks several. */
async function withModels({ pool, schema, names }: RowsContext, tally: Tally): Promise<object> {
  const models = (await readModelCounts(pool, schema, [names.id])).get(names.id.toString('hex'));
  return models === undefined ? tally : { ...tally, models };
}

function checkComplete(selection: SelectionState, tally: Tally): void {
  if (tally.rows === selection.rows) return;
  throw new MillraceError('ROWS_MISSING', `the ledger holds ${tally.rows} of ${selection.rows} rows`, {
    hint: 'run the statement again with millrace retry; what is done is kept',
  });
}

async function checkFailed(context: RowsContext, { failed, rows }: Tally): Promise<void> {
  const { task, program } = context;
  const { maxFailedRows } = task;
  if (failed <= maxFailedRows) return;
  const message = `${failed} of ${rows} rows failed; max_failed_rows allows ${maxFailedRows}`;
  const hint = `fix the ${program.inputs} and retry: only the failed rows are processed again; or raise max_failed_rows`;
  throw new MillraceError('ROWS_FAILED', `${message}; ${(await reasons(context)).join('; ')}`, { hint });
}

/** As many as a person reads. */
const reasonsTold = 10;

async function reasons(context: RowsContext): Promise<readonly string[]> {
  const failures = await readFailures(context, reasonsTold);
  return failures.map(({ row, code, message, rows }) => {
    const more = rows === 1 ? '' : ` (and ${rows - 1} more)`;
    return `row ${row}: ${code}, ${message}${more}`;
  });
}
