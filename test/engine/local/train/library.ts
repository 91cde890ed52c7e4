import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { trainerFolder } from '../../../../src/worker/train/environment.ts';
import { trainerPython } from '../../../trainer/python.ts';
import type { Case, Dataset } from './estimator-cases.ts';

type Values = readonly (number | null)[];

/** What a library says of all rows of a table after it has learned two thirds of them. */
export interface Answer {
  /** `[rows, classes]`; or `[rows, values]`; or the place of a class, or the number of a cluster, of each row. */
  readonly probabilities?: Values;
  readonly values?: Values;
  readonly labels?: Values;
  /** null: numbers are learned. */
  readonly classes: readonly string[] | null;
  /** Accuracy or R² of scikit-learn's estimator of the kind on the other third; null: the library is the same. */
  readonly peer: number | null;
  /** scikit-learn's figures of the other third. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

export interface Library {
  /** The columns of each table: features, then labels. */
  readonly tables: Readonly<Record<Dataset, Readonly<Record<string, readonly (number | string)[]>>>>;
  readonly features: Readonly<Record<Dataset, readonly string[]>>;
  /** In the order of the cases. */
  readonly answers: readonly Answer[];
}

/** Asks scikit-learn and XGBoost themselves. */
export async function askLibrary(cases: readonly Case[]): Promise<Library> {
  const script = fileURLToPath(new URL('library.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(await trainerPython(), [script], {
    env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
