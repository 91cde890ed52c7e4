import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../../errors.ts';
import { makePrivate } from '../../../private-folder.ts';
import type { Explanation } from '../../../programs/predict/explanation.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import { readModelFile } from '../../model/model-file.ts';
import {
  type ColumnRow,
  failedRow,
  type ModelTable,
  type OpenProgram,
  type Outcome,
  type ProgramPlace,
} from '../../row-program.ts';
import { ColumnFiles } from '../../train/column-files.ts';
import { trainerPython } from '../../train/environment.ts';
import { runTrainer } from '../../train/run-trainer.ts';
import { optionPath } from '../../volume-path.ts';
import { modelAt } from './open-predict.ts';
import { explainedRows, readExplanation } from './read-explanation.ts';
import type { TabularModel, TensorInput } from './read-tabular.ts';
import { tabularOf } from './tabular-session.ts';

type Place = Pick<ProgramPlace, 'threads' | 'log' | 'signal'>;

/** Explains all rows at once, by the trainer. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES, TRAINER_… */
export async function openExplain(
  { model: named, explanation }: SettingsOf<'explain'>,
  { volumes, ...place }: ProgramPlace,
): Promise<OpenProgram<ColumnRow>> {
  const { path, root } = optionPath('--model', named, volumes);
  const file = await readModelFile(path, root);
  const model = tabularOf(file);
  const python = await trainerPython(process.env, ({ done, total }) =>
    place.log.info({ package: done, of: total }, "installing the trainer's packages"),
  );
  return {
    process: async (rows) => {
      const readable = rows.filter((row) => problemIn(row) === null);
      const values =
        readable.length === 0 ? [] : await explain(readable, { path: file.path, model, explanation, python }, place);
      let next = 0;
      return rows.map((row) => {
        const problem = problemIn(row);
        return problem === null ? values[next++]! : failedRow(problem);
      });
    },
    close: async () => {},
  };
}

const problemIn = (row: ColumnRow) => row.find((value) => value instanceof MillraceError) ?? null;

interface Work {
  readonly path: string;
  readonly model: TabularModel;
  readonly explanation: Explanation;
  readonly python: string;
}

async function explain(
  rows: readonly ColumnRow[],
  { path, model, explanation, python }: Work,
  { threads, log, signal }: Place,
): Promise<readonly Outcome[]> {
  const started = performance.now();
  const folder = await newFolder();
  try {
    await writeRows(rows, model.inputs, join(folder, 'data/train'));
    await copyFile(path, join(folder, 'model.onnx'));
    await writeFile(join(folder, 'job.json'), JSON.stringify(jobOf(explanation, threads)));
    await runTrainer({
      python,
      folder,
      signal,
      onMessage: (message) => {
        if (message.type === 'progress') log.info({ row: message.done, of: message.total }, 'explaining');
        if (message.type === 'warning') log.warn({ code: message.code }, message.message);
      },
      onLog: (line) => log.info({ trainer: line }, 'trainer'),
    });
    const found = await readExplanation(join(folder, 'out'), rows.length);
    log.info({ explainer: found.explainer, seconds: (performance.now() - started) / 1000 }, 'explained');
    return explainedRows(found, model, { decodeMs: 0, inferMs: (performance.now() - started) / rows.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Readable by this user only. An engine deletes what a process that was killed has left. */
async function newFolder(): Promise<string> {
  const given = process.env.MILLRACE_TRAINING_FOLDER;
  if (given !== undefined) await makePrivate(given);
  return mkdtemp(join(given ?? tmpdir(), 'millrace-explain-'));
}

async function writeRows(rows: readonly ColumnRow[], inputs: readonly TensorInput[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const columns = inputs.map(({ name, kind }) => ({ name, kind, convert: kind === 'number' ? Number : String }));
  const files = new ColumnFiles(folder, columns);
  await files.add(rows);
  await files.close();
}

/** trainer/README.md */
function jobOf({ explainer, samples, background, seed }: Explanation, threads: number) {
  const attributes = { ...(explainer !== null && { explainer }), samples, background };
  return { version: 1, task: 'explain', attributes, seed, threads, from: 'model.onnx' };
}

/** The columns that the model reads. @throws {MillraceError} MODEL_…, OUTSIDE_VOLUMES */
export async function explainTable(
  { model }: SettingsOf<'explain'>,
  { volumes }: Pick<ProgramPlace, 'volumes'>,
): Promise<ModelTable> {
  const { facts } = await modelAt(model, volumes);
  return { reads: facts.inputs };
}
