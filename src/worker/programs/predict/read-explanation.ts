import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { MillraceError } from '../../../errors.ts';
import type { DoneRow, OutputRow, Timings } from '../../row-program.ts';
import { readDoubles } from '../../train/npy.ts';
import type { TabularModel } from './read-tabular.ts';

/** What the trainer's task `explain` has written. */
export interface ExplanationFound {
  readonly explainer: string;
  readonly features: readonly string[];
  /** Of each row, one for each class; without several classes, one. */
  readonly outputs: number;
  /** For each row, and each of its outputs in turn. */
  readonly base: Float64Array;
  /** For each feature, the same. */
  readonly values: readonly Float64Array[];
}

const reportSchema = v.looseObject({
  explainer: v.string(),
  rows: v.number(),
  features: v.array(v.string()),
  outputs: v.number(),
});

/** Values of all rows together: they are in memory at once. */
const mostValues = 20_000_000;

/** @throws {MillraceError} TRAIN_TOO_LARGE, TRAIN_DEFECT */
export async function readExplanation(folder: string, rows: number): Promise<ExplanationFound> {
  const report = v.safeParse(reportSchema, JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')));
  if (!report.success || report.output.rows !== rows)
    throw new MillraceError('TRAIN_DEFECT', 'the report of the trainer is not one of these rows');
  const { explainer, features, outputs } = report.output;
  const count = rows * outputs * features.length;
  if (count > mostValues) {
    const message = `${rows} rows have ${count} SHAP values; one statement writes at most ${mostValues}`;
    throw new MillraceError('TRAIN_TOO_LARGE', message, { hint: 'select fewer rows, for example by LIMIT' });
  }
  // The first columns are the number of the row and, if there are several, the class.
  const first = outputs > 1 ? 2 : 1;
  const [base, ...values] = await Promise.all(
    [...features, ''].map((_, at) => readDoubles(join(folder, `${first + at}.npy`), rows * outputs)),
  );
  return { explainer, features, outputs, base: base!, values };
}

/** The outputs of each row: for each class, one for each feature. */
export function explainedRows(
  { features, outputs, base, values }: ExplanationFound,
  { facts, classNames }: TabularModel,
  timings: Timings,
): readonly DoneRow[] {
  const names = features.map(shortened);
  const outputsOf = (row: number) =>
    Array.from({ length: outputs }, (_, output) => output).flatMap((output) => {
      const at = row * outputs + output;
      const className = outputName(output, outputs, facts.output, classNames);
      return names.map(
        (name, feature): OutputRow => [className, name, finite(values[feature]![at]!), finite(base[at]!)],
      );
    });
  return Array.from({ length: base.length / outputs }, (_, row) => ({
    // Made each time: those of all rows at once would take ten times the memory of the values.
    get outputs() {
      return outputsOf(row);
    },
    timings,
  }));
}

/** The class whose score is explained: of two classes with one score, the second. Several numbers, and distances to clusters, are numbered. */
function outputName(
  output: number,
  outputs: number,
  kind: TabularModel['facts']['output'],
  classNames: readonly string[],
): string | null {
  if (kind === 'class') return shortened(classNames[outputs === 1 ? classNames.length - 1 : output] ?? String(output));
  return outputs === 1 ? null : String(kind === 'cluster' ? output : output + 1);
}

/** A text of a result has at most 255 characters. */
const shortened = (text: string) => [...text].slice(0, 255).join('');

const finite = (value: number) => (Number.isFinite(value) ? value : null);
