import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatRows } from '../../cli/result-table.ts';
import type { Config } from '../../config.ts';
import { readTrainings } from '../../ledger/trainings.ts';
import { readTrials } from '../../ledger/trials.ts';
import { explainPlan } from '../../plan/explain.ts';
import { byLoss } from '../../programs/search/best-trial.ts';
import { plotTraining } from '../../service/models/training-picture.ts';
import { openSession, type Session } from '../../service/session.ts';
import { visibleText } from '../../visible-text.ts';
import { findDatabase } from '../open-demo.ts';
import { planned, run } from '../run-statement.ts';
import { heading, say, shown } from '../telling.ts';
import { fillIris, trainerProgram } from './iris.ts';

/** Trains models on the iris data, and prints each stage. @returns the exit code */
export async function tellTrainStory(config: Config): Promise<number> {
  const python = await trainerProgram();
  say('trainer', shown(python));
  const database = await findDatabase(config);
  const session = await openSession({ ...config, ...database }, () => {});
  try {
    await fillIris(session.pools.tables, python);
    say('data', 'demo.iris_train (100 irises) and demo.iris_test (50), from scikit-learn');
    for (const chapter of chapters) if (!(await tell(chapter, session, config))) return 5;
    showNext();
    return 0;
  } finally {
    await session.close();
  }
}

interface Chapter {
  readonly title: string;
  readonly sql: string;
  /** The model whose training is drawn; absent: none. */
  readonly plot?: string;
  /** Whether the trials of its search are shown after it. */
  readonly showsTrials?: true;
  /** Whether the predictions are counted after it. */
  readonly showsPredicted?: true;
}

const chapters: readonly Chapter[] = [
  {
    title: 'A neural network',
    sql: `SELECT * FROM demo.iris_train
TO TRAIN DNNClassifier
WITH model.n_classes = 3, model.hidden_units = [16, 16], model.optimizer = 'adam', optimizer.learning_rate = 0.01, train.epoch = 60,
  validation.select = "SELECT * FROM demo.iris_test", validation.metrics = "Accuracy"
LABEL class
INTO iris_net;`,
    plot: 'iris_net',
  },
  {
    title: 'Boosted trees, until the validation rows gain nothing more',
    sql: `SELECT * FROM demo.iris_train
TO TRAIN xgboost.gbtree
WITH objective = multi:softprob, max_depth = 3, train.num_boost_round = 100, train.early_stopping_rounds = 5,
  validation.select = "SELECT * FROM demo.iris_test", validation.metrics = "Accuracy"
LABEL class
INTO iris_trees;`,
    plot: 'iris_trees',
  },
  {
    title: 'A search: nine networks hop between two trainers, and the worst are stopped early',
    sql: `SELECT * FROM demo.iris_train
TO TRAIN DNNClassifier
WITH model.n_classes = 3, model.hidden_units = CHOICE([16], [16, 16]), model.optimizer = 'adam',
  optimizer.learning_rate = LOGUNIFORM(0.001, 0.1), train.batch_size = CHOICE(8, 32), train.epoch = 9,
  validation.select = "SELECT * FROM demo.iris_test", search.trials = 9, search.eta = 3, exec.workers = 2
LABEL class
USING asha
INTO iris_best;`,
    plot: 'iris_best',
    showsTrials: true,
  },
  {
    title: 'The species of other irises',
    sql: `SELECT sepal_length, sepal_width, petal_length, petal_width, class AS species FROM demo.iris_test
TO PREDICT demo.iris_predicted.class
WITH write_mode = 'overwrite'
USING iris_best;`,
    showsPredicted: true,
  },
  {
    title: 'Why the trees say so',
    sql: `SELECT * FROM demo.iris_test
TO EXPLAIN iris_trees
WITH write_mode = 'overwrite'
USING TreeExplainer
INTO demo.iris_explained;`,
  },
];

/** @returns whether the statement succeeded; its error is shown */
async function tell(
  { title, sql, plot, showsTrials, showsPredicted }: Chapter,
  session: Session,
  config: Config,
): Promise<boolean> {
  heading(title);
  console.log(visibleText(sql));
  const { program, plan } = await planned(session, sql);
  console.log(visibleText(explainPlan(plan)));
  if ((await run(session, program, plan)) === null) return false;
  if (showsTrials) await showTrials(session, plot!);
  if (showsPredicted) await showPredicted(session);
  if (plot === undefined) return true;
  const folder = join(config.stateFolder, 'demo');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${plot}.svg`);
  await writeFile(file, await plotTraining(session.pool, session.schema, plot, null));
  say('plot', shown(file));
  return true;
}

/** What SHOW TRIALS tells, in brief. */
async function showTrials({ pool, schema }: Session, model: string): Promise<void> {
  const [training] = (await readTrainings(pool, schema, model)).toReversed();
  const trials = (await readTrials({ pool, schema, ...training! })).toSorted(byLoss);
  const varied = Object.keys(trials[0]?.parameters ?? {});
  const rows = trials.map(({ trial, state, epochs, loss, parameters }) => [
    ...[trial, state, epochs, loss?.toFixed(3) ?? null],
    ...varied.map((name) => inBrief(parameters[name])),
  ]);
  const heads = varied.map((name) => name.slice(name.indexOf('.') + 1));
  console.log(formatRows(['trial', 'state', 'epochs', 'valid_loss', ...heads], rows));
}

const inBrief = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(3)) : JSON.stringify(value));

async function showPredicted({ pools }: Session): Promise<void> {
  const [rows] = await pools.tables.query({
    sql: `SELECT species, COUNT(*) AS irises, SUM(class COLLATE utf8mb4_bin = species COLLATE utf8mb4_bin) AS predicted_right
      FROM demo.iris_predicted GROUP BY species ORDER BY species`,
    rowsAsArray: true,
  });
  console.log(formatRows(['species', 'irises', 'predicted right'], rows as never));
}

function showNext(): void {
  heading('Try next');
  console.log(`npx millrace run "SHOW TRIALS iris_best"
npx millrace models show iris_net --plot iris.svg
npx millrace explain "SELECT * FROM demo.iris_train TO TRAIN LogisticRegression LABEL class INTO iris_linear"

The private database keeps running for these commands. To stop it, run: npm run demo -- --stop`);
}
