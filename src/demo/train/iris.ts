import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';

const install = fileURLToPath(new URL('../../../scripts/install-trainer.ts', import.meta.url));

/** Measures in cm of 150 irises and their species: scikit-learn's copy of Fisher's data. */
const printIris = `import json
from sklearn.datasets import load_iris
iris = load_iris()
print(json.dumps([[*map(float, row), str(iris.target_names[kind])] for row, kind in zip(iris.data, iris.target)]))`;

/** Python's program of the trainer's environment, which is made if it does not exist; its progress is shown. */
export async function trainerProgram(): Promise<string> {
  return (await outputOf(process.execPath, [install], 'the trainer could not be installed')).trim();
}

/** Two thirds of the irises become `demo.iris_train`, the others `demo.iris_test`. */
export async function fillIris(pool: Pool, python: string): Promise<void> {
  const irises: unknown[][] = JSON.parse(await outputOf(python, ['-c', printIris], 'the irises could not be read'));
  await pool.query('CREATE DATABASE IF NOT EXISTS demo');
  const isTest = (index: number) => index % 3 === 2;
  for (const [table, rows] of [
    ['demo.iris_train', irises.filter((_, index) => !isTest(index))],
    ['demo.iris_test', irises.filter((_, index) => isTest(index))],
  ] as const) {
    await pool.query(`DROP TABLE IF EXISTS ${table}`);
    await pool.query(
      `CREATE TABLE ${table} (sepal_length DOUBLE, sepal_width DOUBLE, petal_length DOUBLE, petal_width DOUBLE, class VARCHAR(20))`,
    );
    await pool.query(`INSERT INTO ${table} VALUES ?`, [rows]);
  }
}

async function outputOf(program: string, given: readonly string[], failure: string): Promise<string> {
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return output;
  throw new MillraceError('TRAINER_INSTALL_FAILED', failure, { hint: 'see the lines above' });
}
