import { MillraceError } from '../../../errors.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import {
  type ColumnRow,
  type ColumnValue,
  failedRow,
  type ModelTable,
  type OpenProgram,
  type Outcome,
  type ProgramPlace,
} from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { modelAt } from './open-predict.ts';
import { predictRows, type RowPrediction, rowsAtOnce } from './predict-rows.ts';
import type { TabularModel } from './read-tabular.ts';
import { openTabular } from './tabular-session.ts';

/** Predicts rows whose last value is the label. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function openEvaluate(
  { model: named }: SettingsOf<'evaluate-table'>,
  { volumes, threads }: ProgramPlace,
): Promise<OpenProgram<ColumnRow>> {
  const { path, root } = optionPath('--model', named, volumes);
  const session = await openTabular({ modelFile: path, modelRoot: root, threads });
  const measure = measuring(session.model);
  const process = async (rows: readonly ColumnRow[]): Promise<readonly Outcome[]> => {
    const said = await predictRows(session, rows, true);
    return said.map((each, row) =>
      each instanceof MillraceError ? failedRow(each) : measure(each, rows[row]!.at(-1)!),
    );
  };
  return { batch: rowsAtOnce, process, close: session.close };
}

/** What of a row is measured. */
function measuring({ facts: { output }, classNames }: TabularModel) {
  const places = new Map(classNames.map((name, place) => [name, place]));
  return ({ values, scores, inferMs }: RowPrediction, label: ColumnValue): Outcome => {
    const timings = { decodeMs: 0, inferMs };
    if (label instanceof MillraceError) return failedRow(label);
    if (output === 'cluster') return { outputs: [[null, Math.min(...scores), null]], timings };
    if (output === 'value') {
      const [truth, predicted] = [Number(label), Number(values[0])];
      // A prediction that is not a number is stored as NULL: the figures are unknown then.
      const isKnown = label !== null && Number.isFinite(truth);
      return { outputs: isKnown ? [[truth, Number.isFinite(predicted) ? predicted : null, null]] : [], timings };
    }
    const [truth, predicted] = [places.get(String(label)), places.get(String(values[0]))];
    if (label === null || truth === undefined || predicted === undefined) return { outputs: [], timings };
    return { outputs: [[truth, predicted, scores.length === 0 ? null : JSON.stringify(scores)]], timings };
  };
}

/** What it reads, by the model's file. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function evaluateTableOf(
  { model: named, measurement: { label } }: SettingsOf<'evaluate-table'>,
  { volumes }: Pick<ProgramPlace, 'volumes'>,
): Promise<ModelTable> {
  const { facts } = await modelAt(named, volumes);
  return { reads: facts.inputs, alsoReads: [label] };
}
