import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { trainerFolder } from '../../src/worker/train/environment.ts';
import { ResidentTrainer } from '../../src/worker/train/resident-trainer.ts';
import { runTrainer, type TrainerMessage } from '../../src/worker/train/run-trainer.ts';
import { writeColumns } from '../../src/worker/train/write-columns.ts';
import { servers, useDatabase } from '../database.ts';
import { hasPython, INSTALL_MS, trainerPython } from './python.ts';

const signal = new AbortController().signal;

let python: string;
let folder: string;
beforeAll(async () => {
  if (hasPython) python = await trainerPython();
}, INSTALL_MS);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-train-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(servers)('Rows of $name', (server) => {
  const database = useDatabase(server);

  const write = async (sql: string) => {
    const selections = [{ sql, folder: join(folder, 'data/train') }];
    const [rows] = await writeColumns({ pool: database.pool, selections, signal });
    return rows;
  };

  it.skipIf(!hasPython)('arrive at the trainer exactly, whatever their types', async () => {
    await database.pool.query(
      `CREATE TABLE types (i INT, u BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(20, 6), t TINYINT(1), y YEAR, b BIT(9), day DATE,
         moment DATETIME(3), clock TIME, c VARCHAR(100), e ENUM('a', 'b'), j JSON)`,
    );
    await database.pool.query(
      `INSERT INTO types VALUES
         (-7, 9007199254740991, 1.23456789, 0.1, 1234.567891, TRUE, 2024, b'100000001', '1970-01-03', '1970-01-02 12:00:00.500', '-01:30:00', 'Zürich 🌊', 'b', '{"a": 1}'),
         (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
         (7, 0, -1.5, 1e300, -0.000001, FALSE, 1999, b'0', '1969-12-31', '1970-01-01 00:00:00', '838:59:59', '', 'a', '[]')`,
    );
    expect(await write('SELECT * FROM types ORDER BY y IS NULL, y DESC')).toBe(3);
    expect(read()).toEqual({
      i: [-7, 7, null],
      u: [9007199254740991, 0, null],
      f: [Math.fround(1.23456789), -1.5, null],
      d: [0.1, 1e300, null],
      n: [1234.567891, -0.000001, null],
      t: [1, 0, null],
      y: [2024, 1999, null],
      b: [257, 0, null],
      day: [2, -1, null],
      moment: [1 + 43_200.5 / 86_400, 0, null],
      clock: [-5400, 3_020_399, null],
      c: ['Zürich 🌊', '', null],
      e: ['b', 'a', null],
      j: [expect.stringMatching(/^\{"a": ?1\}$/), '[]', null],
    });
  });

  it('are refused if no estimator can read them', async () => {
    await expect(write("SELECT CAST('a' AS BINARY) AS b")).rejects.toMatchObject({
      code: 'TRAIN_COLUMN_BINARY',
      message: expect.stringContaining("'b'"),
    });
    await expect(write('SELECT 9007199254740993 AS id')).rejects.toMatchObject({ code: 'TRAIN_NUMBER_TOO_LARGE' });
    await expect(write('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
  });

  it.skipIf(!hasPython)('train a model that predicts in Node what it predicts in Python', async () => {
    await database.pool.query(
      'CREATE TABLE samples (id INT PRIMARY KEY, x DOUBLE, age INT, city VARCHAR(20), tags VARCHAR(40), label VARCHAR(10))',
    );
    await database.pool.query('INSERT INTO samples VALUES ?', [samples()]);
    await write('SELECT x, age, city, tags, label FROM samples ORDER BY id');
    const features = [
      'x',
      call('INDICATOR', call('BUCKET', 'age', [18, 30, 60])),
      call('EMBEDDING', call('CATEGORY_HASH', 'city', 50), 4),
      call('INDICATOR', call('CROSS', ['city', call('BUCKET', 'age', [30])], 40)),
      call('EMBEDDING', call('CATEGORY_ID', call('SPARSE', 'tags', 20, 'COMMA'), 20), 3, 'mean'),
    ];
    const messages = await train({
      estimator: 'DNNClassifier',
      attributes: { 'train.epoch': 3 },
      features,
      label: 'label',
    });
    expect(messages.at(-1)).toMatchObject({ type: 'done', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const rows = await predictedInNode();
    const expected: number[][] = pythonSays(
      'table = read_table(folder / "data" / "train"); model = read_model(folder / "out" / "model.onnx")\n' +
        'session = open_session((folder / "out" / "model.onnx").read_bytes())\n' +
        'print(json.dumps(run_session(session, model.inputs, table)["probabilities"].tolist()))',
    );
    const distances = rows.flatMap((row, index) =>
      row.map((value, place) => Math.abs(value - expected[index]![place]!)),
    );
    expect(rows.length).toBe(200);
    expect(Math.max(...distances)).toBeLessThan(1e-5);
  });

  /** The raw columns from the database, NULL as NaN and an empty text, through onnxruntime-node. */
  async function predictedInNode(): Promise<readonly (readonly number[])[]> {
    const [rows] = await database.pool.query<RowDataPacket[]>('SELECT x, age, city, tags FROM samples ORDER BY id');
    const session = await InferenceSession.create(join(folder, 'out/model.onnx'), { logSeverityLevel: 3 });
    const shape = [rows.length, 1];
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => {
        const values = rows.map((row) => row[name]);
        if (name === 'x' || name === 'age') {
          return [
            name,
            new Tensor(
              'float32',
              Float32Array.from(values, (value) => value ?? Number.NaN),
              shape,
            ),
          ];
        }
        return [
          name,
          new Tensor(
            'string',
            values.map((value) => value ?? ''),
            shape,
          ),
        ];
      }),
    );
    const { probabilities, label } = await session.run(feeds);
    expect(new Set(label!.data as string[])).toEqual(new Set(['low', 'high']));
    const width = probabilities!.dims[1]!;
    const data = Array.from(probabilities!.data, Number);
    return rows.map((_, index) => data.slice(index * width, (index + 1) * width));
  }
});

describe.skipIf(!hasPython)('The trainer as a process', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'data/train'), { recursive: true });
    await writeFile(
      join(folder, 'data/train/columns.json'),
      '{"version": 1, "rows": 0, "columns": [{"name": "x", "kind": "number"}]}',
    );
    pythonSays(
      'write_table(folder / "data" / "train", [("x", np.arange(4000.0)), ("y", np.arange(4000.0) % 2)]); print(0)',
    );
  });

  it('turns its mistakes into errors with the place, the reason and the hint', async () => {
    const job = {
      estimator: 'xgboost.gbtree',
      attributes: { objective: 'binary:logistic', max_dept: 3 },
      features: null,
      label: 'y',
    };
    await expect(train(job)).rejects.toMatchObject({
      code: 'TRAIN_PARAMETER_UNKNOWN',
      message: "xgboost.gbtree has no parameter 'max_dept'",
      hint: "did you mean 'max_depth'?",
    });
  });

  it('ends when the statement is cancelled, and leaves no output', async () => {
    const controller = new AbortController();
    const job = { estimator: 'DNNClassifier', attributes: { 'train.epoch': 100_000 }, features: null, label: 'y' };
    const cancelled = train(job, {
      signal: controller.signal,
      onMessage: () => controller.abort(new Error('cancelled')),
    });
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).toBe('data\njob.json\n');
  });

  it.each([
    ['of a job', runTrainer],
    ['that stays', ResidentTrainer.start],
  ])('%s inherits no secret', async (_, start) => {
    process.env.MILLRACE_TEST_SECRET = 'secret';
    try {
      const fake = join(folder, 'python');
      await writeFile(fake, `#!/bin/sh\nenv >&2\nexit 70\n`, { mode: 0o755 });
      const lines: string[] = [];
      const run = start({ python: fake, folder, signal, onLog: (line) => lines.push(line) });
      await expect(run).rejects.toMatchObject({ code: 'TRAIN_DEFECT' });
      // The shell itself adds PWD, SHLVL and _.
      const names = lines
        .map((line) => line.split('=')[0])
        .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name!));
      expect(names.toSorted()).toEqual(['PATH', 'PYTHONPATH']);
    } finally {
      delete process.env.MILLRACE_TEST_SECRET;
    }
  });
});

it('has an error of the table for each code that the trainer gives', async () => {
  const { stdout } = spawnSync('grep', ['-rhoE', '"TRAIN_[A-Z_]+"', join(trainerFolder, 'millrace_trainer')], {
    encoding: 'utf8',
  });
  const codes = new Set(
    stdout
      .trim()
      .split('\n')
      .map((code) => code.replaceAll('"', '')),
  );
  const { errorTable } = await import('../../src/errors.ts');
  const warnings = ['TRAIN_ATTRIBUTE_IGNORED', 'TRAIN_LABEL_NULL'];
  expect([...codes].filter((code) => !warnings.includes(code) && !Object.hasOwn(errorTable, code))).toEqual([]);
});

const call = (name: string, ...rest: readonly unknown[]) => ({ function: name, arguments: rest });

/** Two hundred rows with NULLs, odd texts and lists. */
function samples(): unknown[][] {
  const cities = ['Zürich', '東京', null, '', '🌊', 'a b'];
  const tags = ['1,2', '3', null, '', '19,0,4', '7'];
  return Array.from({ length: 200 }, (_, id) => {
    const x = id % 13 === 0 ? null : Math.sin(id) * 100;
    return [
      id,
      x,
      id % 11 === 0 ? null : (id * 7) % 90,
      cities[id % 6],
      tags[(id * 5) % 6],
      (x ?? 0) > 0 ? 'high' : 'low',
    ];
  });
}

interface TrainOptions {
  readonly signal?: AbortSignal;
  readonly onMessage?: () => void;
}

async function train(job: Readonly<Record<string, unknown>>, options: TrainOptions = {}): Promise<TrainerMessage[]> {
  const messages: TrainerMessage[] = [];
  await writeFile(
    join(folder, 'job.json'),
    JSON.stringify({ version: 1, task: 'train', seed: 1, threads: 1, from: null, ...job }),
  );
  const onMessage = (message: TrainerMessage) => {
    messages.push(message);
    options.onMessage?.();
  };
  await runTrainer({ python, folder, signal: options.signal ?? signal, onMessage });
  return messages;
}

/** Runs Python with the trainer's package, and reads the JSON that it prints. */
function pythonSays<Said>(program: string): Said {
  const imports =
    'import json, pathlib, numpy as np\nfrom millrace_trainer.table import *\nfrom millrace_trainer.model_file import *\n' +
    `folder = pathlib.Path(${JSON.stringify(folder)})\n`;
  const { stdout, stderr, status } = spawnSync(python, ['-c', imports + program], {
    env: { PATH: process.env.PATH, PYTHONPATH: trainerFolder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The columns as the trainer reads them. */
function read(): Record<string, (number | string | null)[]> {
  return pythonSays(
    'table = read_table(folder / "data" / "train")\n' +
      'shown = lambda c: [None if v != v else v for v in c.values.tolist()] if isinstance(c, NumberColumn) else [None if k < 0 else c.dictionary[k] for k in c.codes]\n' +
      'print(json.dumps({name: shown(column) for name, column in table.columns.items()}))',
  );
}
