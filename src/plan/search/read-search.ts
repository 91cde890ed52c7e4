import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import { gridSize, sizeOf } from '../../programs/search/grid.ts';
import {
  type Domain,
  type Search,
  type SearchDriver,
  type SearchSpace,
  searchDrivers,
  searchMetrics,
} from '../../programs/search/search.ts';
import type { Attribute, Reference, TrainStatement, Value } from '../../sql/statement.ts';
import { text, Wrong, wholeNumber } from '../attribute-values.ts';
import { readAttributes, unknownAttribute } from '../read-attributes.ts';
import { isDomain, readDomain, variedName } from './read-domain.ts';
import { usualSpaces } from './usual-spaces.ts';

type Report = (error: MillraceError) => void;

const mostTrials = 10_000;
/** The ledger keeps the shards that a model has visited as 64 bits, of which MySQL's numbers and JavaScript's share 52. */
const mostShards = 52;
const usualTrials = 32;

/** Attributes of a search. */
export const searchAttributes = {
  'search.metric': {
    expects: `one of ${Object.keys(searchMetrics).join(', ')}`,
    read: (value: Value) => word('search.metric', value, Object.keys(searchMetrics)),
    otherwise: 'valid_loss' as string,
  },
  'search.trials': {
    expects: `a whole number from 1 to ${mostTrials}`,
    read: (value: Value) => wholeNumber(value, 1, mostTrials),
    otherwise: null as number | null,
  },
  'search.seed': {
    expects: 'a whole number from 0 to 2147483647',
    read: (value: Value) => wholeNumber(value, 0, 2 ** 31 - 1),
    otherwise: 1,
  },
  'search.eta': {
    expects: 'a whole number from 2 to 100',
    read: (value: Value) => wholeNumber(value, 2, 100),
    otherwise: 3,
  },
  'exec.workers': {
    expects: 'a whole number from 1 to 1000',
    read: (value: Value) => wholeNumber(value, 1, 1000),
    otherwise: 2,
  },
  'exec.shards': {
    expects: `a whole number from 1 to ${mostShards}`,
    read: (value: Value) => wholeNumber(value, 1, mostShards),
    otherwise: null as number | null,
  },
  'exec.mode': {
    expects: "'hop' or 'task'",
    read: (value: Value) => word('exec.mode', value, ['hop', 'task']),
    otherwise: null as 'hop' | 'task' | null,
  },
  'exec.scheduler': {
    expects: "'async' or 'sync'",
    read: (value: Value) => word('exec.scheduler', value, ['async', 'sync']),
    otherwise: 'async' as 'async' | 'sync',
  },
  'exec.cache': {
    expects: 'TRUE or FALSE',
    read: (value: Value) => (value.kind === 'boolean' ? value.value : undefined),
    otherwise: true,
  },
};

/** Estimators that learn in steps, so that their models can hop. */
const hopping = [
  ...['DNNClassifier', 'DNNRegressor', 'DNNLinearCombinedClassifier', 'DNNLinearCombinedRegressor'],
  ...['LinearClassifier', 'LinearRegressor'],
];

/** Attributes that all trials share, as features and classes are learned once from all rows. */
const shared = ['model.n_classes', 'model.class_weights', 'model.weight_column'];

/** They end training within an epoch or after a bad one. A model that hops ends with its epochs. */
const withoutHopping = ['train.early_stopping_epochs', 'train.max_steps'];

/** Whether an attribute belongs to the search, so that the estimator does not get it as it is. */
export const isOfSearch = (attribute: Attribute): boolean =>
  attribute.name.startsWith('search.') || attribute.name.startsWith('exec.') || isDomain(attribute);

/** The driver after USING; null if a model is named there, or nothing. */
export function driverOf({ using }: Pick<TrainStatement, 'using'>): SearchDriver | null {
  return searchDrivers.find((driver) => driver === using?.text.toLowerCase()) ?? null;
}

/**
 * Reads the search of `TO TRAIN`: its driver, attributes and domains.
 * @returns null if the statement has no search, or after reporting what is wrong with it
 */
export function readSearch(statement: TrainStatement, report: Report): Search | null {
  const { attributes, estimator } = statement;
  const given = driverOf(statement);
  const automatic = automaticSpaces(estimator.text);
  const domains = attributes.filter(isDomain);
  const own = attributes.filter((attribute) => isOfSearch(attribute) && !isDomain(attribute));
  const driver = given ?? (automatic !== null && statement.using === null ? 'tpe' : null);
  if (driver === null) {
    for (const attribute of domains) report(noDriver(attribute, statement.using));
    if (domains.length === 0) for (const attribute of own) report(noSearch(attribute));
    if (automatic !== null && domains.length === 0) report(noModel(statement.using!));
    return null;
  }
  const errors: MillraceError[] = [];
  const collect = (error: MillraceError) => void errors.push(error);
  const read = readAttributes(own, searchAttributes, 'a search', collect);
  const written = readDomains(domains, statement, collect);
  const spaces = automatic ?? [{ estimator: estimator.text, attributes: {}, domains: written }];
  if (automatic !== null) for (const attribute of domains) collect(automaticDomain(attribute, estimator.text));
  else if (domains.length === 0) collect(nothingVaries(statement.using!));
  const mode = readMode(read['exec.mode'], automatic !== null, statement, collect);
  checkDriver(driver, mode, spaces, statement, collect);
  if (mode === 'task') checkCache(own, collect);
  checkValidation(statement, collect);
  for (const error of errors) report(error);
  if (errors.length > 0) return null;
  return {
    driver,
    metric: read['search.metric'],
    trials: trialsOf(driver, spaces, read['search.trials'] ?? usualTrials),
    seed: read['search.seed'],
    eta: read['search.eta'],
    workers: read['exec.workers'],
    shards: mode === 'task' ? 1 : (read['exec.shards'] ?? Math.min(read['exec.workers'], mostShards)),
    mode,
    ...(read['exec.scheduler'] === 'sync' && { scheduler: 'sync' }),
    ...(!read['exec.cache'] && { cache: false }),
    spaces,
  };
}

/** A driver that draws each combination once ends with the last one. */
function trialsOf(driver: SearchDriver, spaces: readonly SearchSpace[], wanted: number): number {
  if (driver === 'grid') return gridSizeOf(spaces);
  return driver === 'tpe' || spaces.length > 1 ? wanted : Math.min(wanted, gridSizeOf(spaces));
}

const gridSizeOf = (spaces: readonly SearchSpace[]) => spaces.reduce((size, space) => size + gridSize(space), 0);

/** Spaces of AutoClassifier and AutoRegressor; null: the estimator is another. */
export function automaticSpaces(estimator: string): readonly SearchSpace[] | null {
  return usualSpaces[automaticName(estimator)] ?? null;
}

/** The canonical name of AutoClassifier or AutoRegressor, which may be written in any case and with SQLFlow's package. */
export function automaticName(estimator: string): string {
  const key = estimator.toLowerCase().replace(/^sqlflow_models\./, '');
  return Object.keys(usualSpaces).find((each) => each.toLowerCase() === key) ?? '';
}

/** One of some words, in any case, with or without quotes. */
function word<const Word extends string>(
  attribute: string,
  value: Value,
  words: readonly Word[],
): Word | Wrong | undefined {
  const written = value.kind === 'expression' ? value.text : text(value);
  if (written === undefined) return undefined;
  const found = words.find((each) => each === written.toLowerCase());
  if (found !== undefined) return found;
  const nearest = nearestName(written, words);
  const hint = nearest === undefined ? `use one of ${words.join(', ')}` : `did you mean ${nearest}?`;
  return new Wrong(`the attribute '${attribute}' cannot be '${written}'`, hint);
}

function readDomains(
  attributes: readonly Attribute[],
  statement: TrainStatement,
  report: Report,
): Readonly<Record<string, Domain>> {
  const domains = new Map<string, Domain>();
  for (const attribute of attributes) {
    const name = variedName(attribute);
    const isTwice =
      domains.has(name) || statement.attributes.some((other) => other.name === name && other !== attribute);
    if (isTwice) report(twice(attribute, name));
    if (shared.includes(name)) report(sharedByAll(attribute, name));
    else if (/^(?:validation|search|exec)\./.test(name)) report(notVaried(attribute, name));
    const domain = readDomain(attribute, report);
    if (domain !== null) domains.set(name, domain);
  }
  return Object.fromEntries(domains);
}

function readMode(
  given: 'hop' | 'task' | null,
  isAutomatic: boolean,
  { estimator, attributes }: TrainStatement,
  report: Report,
): 'hop' | 'task' {
  const name = estimator.text.toLowerCase().replace(/^sqlflow_models\./, '');
  const canHop = !isAutomatic && hopping.some((each) => each.toLowerCase() === name);
  const mode = given ?? (canHop ? 'hop' : 'task');
  if (mode === 'hop' && !canHop) {
    const { value } = attributes.find((attribute) => attribute.name === 'exec.mode')!;
    const message = `${estimator.text} does not learn in steps, so its models cannot hop`;
    report(new MillraceError('TRAIN_CANNOT_HOP', message, { span: value.span, hint: "set exec.mode = 'task'" }));
  }
  if (mode === 'hop')
    for (const attribute of attributes.filter(({ name: each }) => withoutHopping.includes(each))) {
      const message = `${attribute.name} has no effect on models that hop`;
      const hint = "remove it: asha stops bad trials early, or set exec.mode = 'task'";
      report(new MillraceError('WRONG_ATTRIBUTE', message, { span: attribute.nameSpan, hint }));
    }
  return mode;
}

function checkDriver(
  driver: SearchDriver,
  mode: 'hop' | 'task',
  spaces: readonly SearchSpace[],
  statement: TrainStatement,
  report: Report,
): void {
  const span = statement.using?.span ?? statement.estimator.span;
  if (driver === 'asha' && mode === 'task') {
    const message = `asha stops trials between epochs, but trials of ${statement.estimator.text} run whole`;
    report(new MillraceError('SEARCH_DRIVER', message, { span, hint: 'write USING tpe or USING random' }));
  }
  if (driver !== 'grid') return;
  checkGrid(spaces, statement, report);
}

function checkGrid(spaces: readonly SearchSpace[], statement: TrainStatement, report: Report): void {
  for (const [name, domain] of spaces.flatMap((space) => Object.entries(space.domains))) {
    if (Number.isFinite(sizeOf(domain))) continue;
    const attribute = statement.attributes.find((each) => isDomain(each) && variedName(each) === name);
    const message = `${name} has no grid: ${domain.domain.toUpperCase()} has too many values`;
    const hint = 'write CHOICE, INT or QUNIFORM, or USING random';
    const { span } = attribute?.value ?? statement.using ?? statement.estimator;
    report(new MillraceError('SEARCH_DOMAIN', message, { span, hint }));
  }
  const trials = statement.attributes.find(({ name }) => name === 'search.trials');
  const size = gridSizeOf(spaces);
  if (trials !== undefined) {
    const message = 'a grid has a trial for each combination, so search.trials has no effect';
    report(
      new MillraceError('WRONG_ATTRIBUTE', message, {
        span: trials.nameSpan,
        hint: 'remove it, or write USING random',
      }),
    );
  } else if (Number.isFinite(size) && size > mostTrials) {
    const message = `the grid has ${size} combinations; a search has at most ${mostTrials} trials`;
    const span = statement.using!.span;
    report(new MillraceError('SEARCH_DRIVER', message, { span, hint: 'vary less, or write USING random' }));
  }
}

function checkCache(own: readonly Attribute[], report: Report): void {
  const attribute = own.find(({ name }) => name === 'exec.cache');
  if (attribute === undefined) return;
  const message = 'exec.cache has no effect on trials that train on all rows by themselves';
  const hint = "remove it: only models that hop (exec.mode = 'hop') visit shards";
  report(new MillraceError('WRONG_ATTRIBUTE', message, { span: attribute.nameSpan, hint }));
}

function checkValidation({ attributes, estimator }: TrainStatement, report: Report): void {
  if (attributes.some(({ name }) => name === 'validation.select')) return;
  report(
    new MillraceError('TRAIN_VALIDATION_MISSING', 'a search compares its trials on validation rows', {
      span: estimator.span,
      hint: "add validation.select = 'SELECT …'",
    }),
  );
}

function noDriver(attribute: Attribute, using: Reference | null): MillraceError {
  const names = searchDrivers.join(', ');
  const near = using === null ? undefined : nearestName(using.text, searchDrivers);
  return new MillraceError(
    'SEARCH_DRIVER_MISSING',
    `'${variedName(attribute)}' has a domain, but no driver chooses values from it`,
    {
      span: attribute.value.span,
      hint: near === undefined ? `name a driver after USING: ${names}` : `did you mean USING ${near}? (${names})`,
    },
  );
}

const noSearch = ({ name, nameSpan }: Attribute): MillraceError =>
  new MillraceError('WRONG_ATTRIBUTE', `${name} has an effect only in a search`, {
    span: nameSpan,
    hint: `remove it, or give an attribute a domain such as CHOICE(1, 2) and write USING ${searchDrivers.join(', ')}`,
  });

const noModel = ({ text: name, span }: Reference): MillraceError =>
  new MillraceError('SEARCH_DRIVER', `a search starts anew and cannot go on with the model ${name}`, {
    span,
    hint: `name a driver after USING: ${searchDrivers.join(', ')}`,
  });

const nothingVaries = ({ text: name, span }: Reference): MillraceError =>
  new MillraceError('SEARCH_DRIVER', `${name} searches, but no attribute has a domain`, {
    span,
    hint: 'give at least one attribute a domain, e.g. optimizer.learning_rate = LOGUNIFORM(0.0001, 0.1)',
  });

const automaticDomain = (attribute: Attribute, estimator: string): MillraceError =>
  unknownAttribute(attribute, [], estimator, `remove it: ${estimator} knows the domains of its estimators`);

const twice = ({ nameSpan }: Attribute, name: string): MillraceError =>
  new MillraceError('DUPLICATE_ATTRIBUTE', `'${name}' has two values`, { span: nameSpan, hint: 'keep one of them' });

const sharedByAll = ({ nameSpan }: Attribute, name: string): MillraceError =>
  new MillraceError('SEARCH_DOMAIN', `all trials of a search share ${name}`, {
    span: nameSpan,
    hint: 'give one value',
  });

const notVaried = ({ nameSpan }: Attribute, name: string): MillraceError =>
  new MillraceError('SEARCH_DOMAIN', `${name} is not an attribute of a model`, {
    span: nameSpan,
    hint: 'give one value',
  });
