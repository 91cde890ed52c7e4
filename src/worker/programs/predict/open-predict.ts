import { MillraceError } from '../../../errors.ts';
import { predictionColumns } from '../../../programs/predict/prediction-columns.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import { readModelFile } from '../../model/model-file.ts';
import {
  type ColumnRow,
  failedRow,
  type ModelTable,
  type OpenProgram,
  type Outcome,
  type OutputRow,
  type ProgramPlace,
} from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { predictRows, type RowPrediction, rowsAtOnce, shortNumber } from './predict-rows.ts';
import type { TabularModel } from './read-tabular.ts';
import { openTabular, tabularOf } from './tabular-session.ts';

/** Runs a model that reads columns. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function openPredict(
  { model: named, prediction: { probabilities } }: SettingsOf<'predict'>,
  { volumes, threads, log }: ProgramPlace,
): Promise<OpenProgram<ColumnRow>> {
  const { path, root } = optionPath('--model', named, volumes);
  const session = await openTabular({ modelFile: path, modelRoot: root, threads });
  const { facts } = session.model;
  log.info({ model: { ...facts, inputs: facts.inputs.length } }, 'model loaded');
  const process = async (rows: readonly ColumnRow[]): Promise<readonly Outcome[]> => {
    const said = await predictRows(session, rows, probabilities);
    return said.map((each) => (each instanceof MillraceError ? failedRow(each) : outcomeOf(each, facts.type)));
  };
  return { batch: rowsAtOnce, process, close: session.close };
}

function outcomeOf({ values, scores, inferMs }: RowPrediction, type: TabularModel['facts']['type']): Outcome {
  const write = (value: unknown) => (type === 'real' ? shortNumber(Number(value)) : String(value));
  const outputs: OutputRow = [...values.map(write), ...scores.map(shortNumber)];
  return { outputs: [outputs], timings: { decodeMs: 0, inferMs } };
}

/** What TO PREDICT reads and adds, by the model's file. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function predictTable(
  { model: named, prediction }: SettingsOf<'predict'>,
  { volumes }: Pick<ProgramPlace, 'volumes'>,
): Promise<ModelTable> {
  const { facts, classNames } = await modelAt(named, volumes);
  if (prediction.probabilities && !facts.hasProbabilities) {
    throw new MillraceError('MODEL_UNSUPPORTED', 'the model does not tell how probable its classes are', {
      hint: 'remove predict.probabilities',
    });
  }
  return { reads: facts.inputs, columns: predictionColumns(facts, classNames, prediction) };
}

/** A model's file, which is not loaded. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function modelAt(named: string, volumes: ProgramPlace['volumes']): Promise<TabularModel> {
  const { path, root } = optionPath('--model', named, volumes);
  return tabularOf(await readModelFile(path, root));
}
