import { type Domain, type Search, usualEpochs } from '../../programs/search/search.ts';
import {
  type FeatureNode,
  predictedSeconds,
  type TrainCost,
  type TrainFeature,
  type Training,
  type TrainValue,
} from '../../train-task.ts';
import { findEstimator } from './estimators.ts';

/** What would be trained, in how many units and how long, as lines of a name and a text. @param cost absent: nothing was measured */
export function explainTraining(
  training: Training,
  cost: TrainCost | undefined,
): readonly (readonly [string, string])[] {
  const { attributes, features, label, validation, seed, search, from, into } = training;
  const given = Object.entries(attributes).map(([name, value]) => `${name} = ${valueText(value)}`);
  const named = from && (from.version === null ? from.name : `${from.name}@${from.version}`);
  return [
    ...(validation === null ? [] : [['validate', oneLine(validation)] as const]),
    [
      'features',
      features === null ? 'all columns but the label, by their types' : features.map(featureText).join(', '),
    ],
    ...(label === null ? [] : [['label', label] as const]),
    ...(given.length === 0 ? [] : [['with', given.join(', ')] as const]),
    ...(search === null ? [] : searchLines(search)),
    [
      'train',
      `${search === null ? unitsOf(training) : unitsOfSearch(search, attributes)}, seed ${seed}${named === null ? '' : `, from the state of ${named}`}`,
    ],
    ...predictionLines(training, cost),
    ['gate', 'compare the model file with the library on the selected rows'],
    ['register', `a version of the model ${into}, in the database`],
  ];
}

function predictionLines(
  { estimator, search }: Training,
  cost: TrainCost | undefined,
): readonly (readonly [string, string])[] {
  const what = search === null ? 'training' : 'search';
  if (cost === undefined) return [['predict', `no ${what} of ${estimator} was measured yet`]];
  const { rows, runs, at, startSeconds, rowSeconds, passes } = cost;
  const predicted =
    rows === null
      ? `${shown(startSeconds)} s to start and ${shown(rowSeconds * passes * 1000)} ms a row; the rows are not counted`
      : `${shown(predictedSeconds(cost, rows))} s for ${rows} rows`;
  return [
    ['predict', predicted],
    [
      'measured',
      `${at.slice(0, 10)}, ${runs} ${what}${runs === 1 ? '' : search === null ? 's' : 'es'} of ${estimator}`,
    ],
  ];
}

const shown = (value: number) => (value < 100 ? value.toFixed(1) : String(Math.round(value)));

function searchLines({ driver, trials, metric, eta, spaces }: Search): readonly (readonly [string, string])[] {
  const rungs = driver === 'asha' ? `, one in ${eta} going on` : '';
  return [
    ['search', `${driver}, ${count(trials, 'trial')}${rungs}, by ${metric}`],
    ...spaces.flatMap(({ estimator, domains }) =>
      Object.entries(domains).map(
        ([name, domain]) =>
          ['vary', `${spaces.length > 1 ? `${estimator}: ` : ''}${name} = ${domainText(domain)}`] as const,
      ),
    ),
  ];
}

function unitsOfSearch(search: Search, attributes: Training['attributes']): string {
  const { mode, trials, shards, workers, scheduler, cache } = search;
  const most = mode === 'task' ? trials : trials * shards * Number(attributes['train.epoch'] ?? usualEpochs);
  const way = mode === 'task' ? 'each trial on all rows' : `models hop between ${count(shards, 'shard')}`;
  const rounds = scheduler === 'sync' ? ' in rounds' : '';
  const reading = cache === false ? ', which are read for each unit' : '';
  return `${way}${reading}, ${count(workers, 'worker')}${rounds}, at most ${count(most, 'unit')}`;
}

function domainText(domain: Domain): string {
  if (domain.domain === 'choice') return `CHOICE(${domain.choices.map((choice) => JSON.stringify(choice)).join(', ')})`;
  const step = 'step' in domain && !(domain.domain === 'int' && domain.step === 1) ? `, ${domain.step}` : '';
  return `${domain.domain.toUpperCase()}(${domain.low}, ${domain.high}${step})`;
}

function unitsOf({ estimator: name, attributes }: Training): string {
  switch (findEstimator(name)?.family) {
    case 'network': {
      const epochs = attributes['train.epoch'];
      const batch = attributes['train.batch_size'] ?? 32;
      const steps = attributes['train.max_steps'];
      const most = steps === undefined ? '' : `, at most ${steps} steps`;
      const counted = epochs === undefined ? '10 epochs, or as many as make 1000 steps' : count(epochs, 'epoch');
      return `${counted}, in batches of ${batch}${most}${stopping(attributes['train.early_stopping_epochs'], 'epoch')}`;
    }
    case 'booster': {
      const rounds = attributes['train.num_boost_round'] ?? (name.startsWith('xgboost.XGBRF') ? 1 : 10);
      return count(rounds, 'round') + stopping(attributes['train.early_stopping_rounds'], 'round');
    }
    case 'kmeans':
      return `until the clusters stay, at most ${attributes['model.max_iter'] ?? 300} rounds`;
    case 'logistic':
      return `until it converges, at most ${attributes['model.max_iter'] ?? 1000} rounds`;
    case undefined:
      return 'as the image does';
  }
}

const count = (number: TrainValue, unit: string) => `${number} ${unit}${number === 1 ? '' : 's'}`;

function stopping(patience: TrainValue | undefined, unit: string): string {
  return patience === undefined || patience === 0 ? '' : `, until ${count(patience, unit)} bring no improvement`;
}

/** An item of COLUMN as a statement has it. */
function featureText(item: TrainFeature): string {
  if (typeof item === 'object' && 'for' in item) return `${nodeText(item.column)} for ${item.for}`;
  return nodeText(item);
}

function nodeText(node: FeatureNode): string {
  if (typeof node !== 'object') return String(node);
  if ('function' in node) return `${node.function}(${node.arguments.map(nodeText).join(', ')})`;
  return `[${node.map(nodeText).join(', ')}]`;
}

function valueText(value: TrainValue): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
}

const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim();
