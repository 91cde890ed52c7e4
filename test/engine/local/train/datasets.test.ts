import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/errors.ts';
import { readFile } from '../../../../src/ledger/model-files.ts';
import { readVersions } from '../../../../src/ledger/registry.ts';
import type { StatementStatus } from '../../../../src/ledger/statement-status.ts';
import { readTraining } from '../../../../src/ledger/trainings.ts';
import { predictRows } from '../../../../src/worker/programs/predict/predict-rows.ts';
import { openTabular } from '../../../../src/worker/programs/predict/tabular-session.ts';
import { servers } from '../../../database.ts';
import { hasPython } from '../../../trainer/python.ts';
import { ended, submit, type TestSession, useSession } from '../../../use-session.ts';
import { type Case, cases, titleOf } from './estimator-cases.ts';
import { type Answer, askLibrary, type Library } from './library.ts';
import { useTrainer } from './use-trainer.ts';

const all = process.env.MILLRACE_ESTIMATORS === 'all';

/** Largest difference of a prediction from the library's, relative to values above 1. */
const tolerance = 1e-5;
/** How much worse than scikit-learn's network or linear model ours may be: both start at random. */
const peerTolerance = 0.04;

/** On the first server each estimator once, on the others a part; with MILLRACE_ESTIMATORS=all everything on each. */
const casesOn = (server: number) =>
  all ? [...cases.everywhere, ...cases.everyObjective] : cases.eachOnce.filter((_, at) => server === 0 || at % 7 === 0);

describe.skipIf(!hasPython).each(servers.map(({ name }, server) => ({ name, server })))(
  'Every estimator on data of scikit-learn, on $name',
  { timeout: 600_000 },
  ({ server }) => {
    const test = useSession(servers[server]!);
    useTrainer('forked');
    const chosen = casesOn(server).map((each, at) => ({ ...each, at, title: titleOf(each) }));
    let library: Library;
    const statements: Promise<StatementStatus>[] = [];
    // Enough for all cores, of which an engine uses each for one worker.
    const atOnce = pLimit(4);

    beforeAll(async () => {
      library = await askLibrary(chosen);
      for (const [table, columns] of Object.entries(library.tables)) await createTable(test, table, columns);
      const run = async (each: Case, at: number) =>
        ended(test.session, await submit(test.session, program(each, at, library)));
      for (const [at, each] of chosen.entries()) statements.push(atOnce(run, each, at));
    });

    it.each(chosen)('$title: predictions, metrics and TO EVALUATE are those of the library', async (each) => {
      const { at, table, label } = each;
      const { id, error } = await statements[at]!;
      expect(error).toBeNull();
      const answer = library.answers[at]!;
      const { pool, schema } = test.session;
      const predicted = isPredicted(each, at)
        ? await test.query(`SELECT * FROM predicted_${at} ORDER BY id`)
        : await predictHere(test, `m${at}`, library.tables[table]);
      expect(predicted).toHaveLength(library.tables[table].class!.length);
      comparePredictions(predicted, answer);
      const training = await readTraining(pool, schema, { statement: id, step: 'step-1' });
      const { metrics, rows } = training!.report;
      expect(rows).toBe(predicted.length - Math.ceil(predicted.length / 3));
      const reported = metrics.validation ?? {};
      expect(Object.keys(reported)).toEqual(Object.keys(answer.metrics));
      for (const [name, value] of Object.entries(answer.metrics))
        if (value !== null) expect(reported[name], name).toBeCloseTo(value, digitsOf(name, value));
      if (answer.peer !== null)
        expect(label === 'class' ? reported.accuracy : reported.r2).toBeGreaterThan(answer.peer - peerTolerance);
      if (isEvaluated(each, at)) {
        const evaluated = await test.query(`SELECT metric, value FROM evaluated_${at}`);
        const values = Object.fromEntries(evaluated.map((row) => [row.metric, row.value]));
        expect(values.rows).toBe(Math.ceil(predicted.length / 3));
        for (const [name, value] of Object.entries(reported)) {
          if (value === null) expect(values[name], name).toBeNull();
          else expect(values[name], name).toBeCloseTo(value, digitsOf(name, value));
        }
      }
    });
  },
);

/** The others are predicted by the worker's code in this process: three processes less for each. */
const isPredicted = ({ estimator }: Case, at: number) =>
  all || at < 5 || ['DNNRegressor', 'KMeans', 'xgboost.XGBRegressor'].includes(estimator);

/** TO EVALUATE is asked about a model of each kind; the formulas are the same for all estimators. */
const isEvaluated = ({ estimator }: Case, at: number) =>
  (all && at < cases.everywhere.length) || at < 2 || estimator === 'LinearRegressor' || estimator === 'KMeans';

/** Decimal places in which figures must agree: seven digits of 32-bit values, less two for sums of them. Areas have steps, of a pair of rows. */
function digitsOf(name: string, value: number): number {
  if (name === 'AUC' || name === 'average_precision_score') return 3;
  return 4 - Math.max(0, Math.ceil(Math.log10(Math.abs(value) + 1e-9)));
}

function program(each: Case, at: number, { features, answers }: Library): string {
  const { table, estimator, attributes, label } = each;
  const names = features[table].join(', ');
  const selected = label === null ? names : `${names}, ${label}`;
  const measured = { 'validation.metrics': Object.keys(answers[at]!.metrics).join() };
  const written = Object.entries({ ...attributes, ...measured }).map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}`,
  );
  const towers = estimator.includes('Combined')
    ? 'COLUMN * FOR dnn_feature_columns COLUMN * FOR linear_feature_columns '
    : '';
  const labelled = label === null ? '' : `LABEL ${label} `;
  const train = `SELECT ${selected} FROM ${table} WHERE id % 3 > 0 ORDER BY id
TO TRAIN ${estimator} WITH ${written.join(', ')}, validation.select = "SELECT ${selected} FROM ${table} WHERE id % 3 = 0 ORDER BY id" ${towers}${labelled}INTO m${at};`;
  // Which outputs say how probable classes are is the model's own: binary:hinge and binary:logitraw have none.
  const probable = label !== null && !/^(reg|rank|count|survival)|raw$|hinge$/.test(String(attributes.objective ?? ''));
  const withThem = probable && isClassifier(each) ? 'WITH predict.probabilities = true ' : '';
  const predict = `SELECT id, ${names} FROM ${table} TO PREDICT predicted_${at}.guess ${withThem}USING m${at};`;
  const evaluate = `SELECT ${selected} FROM ${table} WHERE id % 3 = 0
TO EVALUATE m${at} WITH validation.metrics = "${measured['validation.metrics']}" LABEL ${label ?? features[table][0]} INTO evaluated_${at};`;
  return [train, ...(isPredicted(each, at) ? [predict] : []), ...(isEvaluated(each, at) ? [evaluate] : [])].join('\n');
}

const isClassifier = ({ label, attributes: { objective } }: Case) =>
  label === 'class' || /^(binary|multi)/.test(String(objective ?? ''));

async function createTable(
  test: TestSession,
  name: string,
  columns: Readonly<Record<string, readonly (number | string)[]>>,
): Promise<void> {
  const types = Object.entries(columns).map(([column, values]) => {
    if (typeof values[0] === 'string') return `${column} VARCHAR(20)`;
    return column === 'class' ? `${column} INT` : `${column} DOUBLE`;
  });
  await test.query(`CREATE TABLE ${name} (id INT PRIMARY KEY, ${types.join(', ')})`);
  const all = Object.values(columns);
  await test.query(`INSERT INTO ${name} VALUES ?`, [all[0]!.map((_, row) => [row, ...all.map((of) => of[row])])]);
}

/** Runs the stored file as the worker of TO PREDICT does. */
async function predictHere(
  { session: { pool, schema }, config }: TestSession,
  name: string,
  columns: Readonly<Record<string, readonly (number | string)[]>>,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const [version] = await readVersions(pool, schema, [name]);
  const modelFile = join(config.stateFolder, `${name}.onnx`);
  await writeFile(modelFile, readFile(pool, schema, version!.digest!));
  const session = await openTabular({ modelFile, modelRoot: null, threads: 1 });
  const { inputs, classNames, facts } = session.model;
  const rows = columns.class!.map((_, row) => inputs.map((input) => columns[input.name]![row]!));
  const said = await predictRows(session, rows, facts.hasProbabilities);
  await session.close();
  return said.map((each) => {
    if (each instanceof MillraceError) throw each;
    const shares = classNames.map((className, at) => [`probability_${className}`, each.scores[at]] as const);
    return { guess: each.values[0], ...Object.fromEntries(shares) };
  });
}

function comparePredictions(
  rows: readonly Readonly<Record<string, unknown>>[],
  { probabilities, values, labels, classes }: Answer,
): void {
  let largest = 0;
  const compare = (found: number, wanted: number) => {
    largest = Math.max(largest, Math.abs(found - wanted) / Math.max(1, Math.abs(wanted)));
  };
  for (const [row, found] of rows.entries()) {
    const named = (place: number) => (classes === null ? place : classes[place]!);
    if (labels !== undefined) expect(String(found.guess)).toBe(String(named(labels[row]!)));
    if (values !== undefined) compare(Number(found.guess), values[row]!);
    if (probabilities === undefined) continue;
    const own = probabilities.slice(row * classes!.length, (row + 1) * classes!.length) as number[];
    for (const [place, name] of classes!.entries()) compare(Number(found[`probability_${name}`]), own[place]!);
    const [first, second] = own.toSorted((one, other) => other - one);
    // Where two classes are as likely, either is right.
    if (first! - second! > tolerance) expect(String(found.guess)).toBe(named(own.indexOf(first!)));
  }
  expect(largest).toBeLessThan(tolerance);
}
