import { describeTable } from '../../datasource/describe.ts';
import { MillraceError } from '../../errors.ts';
import { selectionNames } from '../../ledger/selection-names.ts';
import { readSelection } from '../../ledger/selections.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import type { RunStep } from '../../plan/plan.ts';
import { runStep } from '../../plan/step-facts.ts';
import { imageOptions } from '../../programs/image-options.ts';
import { columnOf } from '../../programs/input-columns.ts';
import { contractOf } from '../../programs/programs.ts';
import { hiddenColumns, type TableTarget } from '../../task.ts';
import type { User } from '../access/users.ts';
import type { ServedDatasource } from '../served-datasource.ts';

/** A step of a statement whose result is about pictures, and what its table has. */
export interface PictureStep {
  readonly step: RunStep;
  readonly table: TableTarget;
  /** Key of the step's rows in the table. */
  readonly selection: Buffer;
  /** Column that has the paths or URLs of the pictures; null: the query selected the pictures themselves, which a result does not keep. */
  readonly image: string | null;
  /** Number of selected rows. */
  readonly rows: number;
  readonly columns: readonly string[];
  readonly found: FoundColumns;
}

/** How a row of the table says what a picture shows. */
export type FoundColumns =
  | { readonly kind: 'boxes' }
  | { readonly kind: 'classes' }
  /** A row for each picture: columns of its best classes and their scores, the best first. */
  | { readonly kind: 'best'; readonly pairs: readonly (readonly [name: string, score: string])[] }
  /** A row for each picture, with a column for each class. */
  | { readonly kind: 'scores'; readonly classes: readonly string[] }
  | { readonly kind: 'counts'; readonly classes: readonly string[] };

/**
 * @param name of the step; undefined: the last one with pictures
 * @throws {MillraceError} NO_RESULT, RESULT_GONE
 */
export async function findPictureStep(
  datasource: Pick<ServedDatasource, 'pool' | 'schema'>,
  pool: ServedDatasource['tables'],
  status: StatementStatus,
  name: string | undefined,
): Promise<PictureStep> {
  const step = stepWithPictures(status, name);
  const { id: selection } = selectionNames({ statement: status.id, step: step.name, kind: 'rows' }, datasource.schema);
  const selected = await readSelection({ ...datasource, names: { id: selection } });
  const { into } = step;
  const table = await describeTable(pool, into);
  if (selected === null || table === null) throw gone(into);
  const columns = table.columns.map((column) => column.name);
  const settings = step.program.settings as { readonly image_column: string | null };
  const image = columnOf(imageOptions.image_column, settings.image_column, columns);
  if (!columns.includes(hiddenColumns.row)) throw gone(into);
  const own = new Set<string>([...selected.columns, ...Object.values(hiddenColumns)]);
  const added = columns.filter((column) => !own.has(column));
  const { rows } = selected;
  return { step, table: into, selection, image, rows, columns, found: foundColumns(step, added) };
}

function stepWithPictures({ id, plan, steps, state }: StatementStatus, name: string | undefined): RunWithTable {
  const done = new Set(steps.filter((each) => each.state === 'succeeded').map((each) => each.name));
  const found = plan.steps.flatMap((each) => {
    const run = runStep(each);
    return run !== null && done.has(run.name) && hasPictures(run) ? [run] : [];
  });
  const step = name === undefined ? found.at(-1) : found.find((each) => each.name === name);
  if (step !== undefined) return step;
  const what = name === undefined ? 'no result about pictures' : `no result about pictures of ${name}`;
  throw new MillraceError('NO_RESULT', `the statement ${id} is ${state} and has ${what}`, {
    hint:
      found.length === 0
        ? 'read the rows with /v1/statements/{id}/result; TO RUN and TO FIND over images have pictures once they have succeeded'
        : `use a step that has pictures: ${found.map((each) => each.name).join(', ')}`,
  });
}

/** An evaluation publishes figures of the model instead of what it saw. */
function hasPictures(step: RunStep): step is RunWithTable {
  const contract = contractOf(step.program.name);
  return step.into !== null && contract.summary === undefined && 'image_column' in contract.options;
}

type RunWithTable = RunStep & { readonly into: TableTarget };

function foundColumns({ program }: RunStep, added: readonly string[]): FoundColumns {
  if (program.name === 'find') return { kind: 'counts', classes: added };
  if (added.includes('x1')) return { kind: 'boxes' };
  if (added.includes('class_rank')) return { kind: 'classes' };
  if (added.includes('top1_class')) {
    const numbers = added.filter((name) => /^top\d_class$/.test(name)).map((name) => name[3]);
    return { kind: 'best', pairs: numbers.map((number) => [`top${number}_class`, `top${number}_score`]) };
  }
  return { kind: 'scores', classes: added };
}

function gone({ database, table }: TableTarget): MillraceError {
  const name = database === null ? table : `${database}.${table}`;
  return new MillraceError('RESULT_GONE', `the table ${name} no longer has the rows of the statement`);
}

/** Connections that read tables with the rights of the user. */
export function poolOf({ role }: User, { streams, readerTables }: ServedDatasource): ServedDatasource['tables'] {
  return role === 'reader' ? readerTables : streams.tables;
}
