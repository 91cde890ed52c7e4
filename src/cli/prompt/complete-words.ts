import { images } from '../../catalog/images.ts';
import { quoteName } from '../../datasource/identifiers.ts';
import { runAttributes } from '../../plan/attributes.ts';
import { explainAttributeNames } from '../../plan/predict/plan-explain.ts';
import { predictAttributeNames } from '../../plan/predict/plan-predict.ts';
import { domainFunctions } from '../../plan/search/read-domain.ts';
import { searchAttributes } from '../../plan/search/read-search.ts';
import { usualSpaces } from '../../plan/search/usual-spaces.ts';
import { solveAttributeNames, solvers } from '../../plan/solve/attributes.ts';
import { estimators, findEstimator } from '../../plan/train/estimators.ts';
import { featureFunctions } from '../../plan/train/feature-functions.ts';
import { knownNames, stepAttributes } from '../../plan/train/read-train-attributes.ts';
import type { Option, ProgramContract } from '../../programs/contract.ts';
import { devices } from '../../programs/device.ts';
import { explainers } from '../../programs/predict/explanation.ts';
import { contractOf } from '../../programs/programs.ts';
import { searchDrivers } from '../../programs/search/search.ts';
import type { Model } from '../../service/models.ts';
import type { Token } from '../../sql/standard-lexer.ts';
import { createScanner } from '../../sql/tokens.ts';
import { type FindCompletion, findAttributes, findBeing, findKeywords, writtenClass } from './complete-find.ts';

/** Sources of names other than the dialect's own; queried when such a name is expected. */
export interface Names {
  tables(): Promise<readonly string[]>;
  models(): Promise<readonly Pick<Model, 'name'>[]>;
  profiles(): Promise<readonly { readonly name: string }[]>;
  /** Names of the classes that models know. */
  classes(): Promise<readonly string[]>;
}

/** readline's format: the candidates, and the part that is already typed. */
export type Completions = [candidates: string[], typed: string];

/** Number of characters at the text's end that are examined: a search may restart at each of them. */
const longestLook = 2_000;

/** Completes the end of a text. */
export async function completeWords(whole: string, names: Names): Promise<Completions> {
  const text = whole.slice(-longestLook);
  const typed = lastWord(text);
  const before = text.slice(0, text.length - typed.length);
  const model = /--model=([^"'\s]*)$/.exec(text)?.[1] ?? modelDue.exec(text)?.[1];
  if (model !== undefined)
    return startingWith(
      model,
      (await names.models()).map(({ name }) => name),
    );
  const profile = /\bprofile\s?=\s?'([\w.-]{0,63})$/i.exec(text)?.[1];
  if (profile !== undefined)
    return startingWith(
      profile,
      (await names.profiles()).map(({ name }) => name),
    );
  const option = optionBeing(text);
  if (option !== null) return option;
  const image = /\bTO\s+RUN\s+([\w./:-]*)$/i.exec(text)?.[1];
  if (image !== undefined)
    return startingWith(
      image,
      images.map(({ name }) => name),
    );
  const training = await trainBeing(text, before, typed, names);
  if (training !== null) return training;
  const find = findBeing(text);
  if (find !== null) return completeFind(find, names);
  const attributes = attributesDue(before);
  if (attributes !== null)
    return startingWith(
      typed,
      attributes.map((name) => `${name} = `),
    );
  if (/\bTO\s+$/i.test(before))
    return startingWith(
      typed,
      inCaseOf(typed, ['RUN ', 'TRAIN ', 'PREDICT ', 'EXPLAIN ', 'EVALUATE ', 'FIND ', 'MAXIMIZE ', 'MINIMIZE ']),
    );
  if (/\bUSING\s+$/i.test(before) && verbAt(before)?.verb === 'OPTIMIZE') return startingWith(typed, [...solvers]);
  if (/\bUSING\s+$/i.test(before) && verbAt(before)?.verb === 'EXPLAIN') return startingWith(typed, [...explainers]);
  if (/\bUSING\s+$/i.test(before) && verbAt(before)?.verb === 'PREDICT')
    return startingWith(
      typed,
      (await names.models()).map(({ name }) => name),
    );
  if (tableDue.test(before)) return startingWith(typed, (await names.tables()).map(quoted));
  return typed === '' ? [[], ''] : startingWith(typed, inCaseOf(typed, keywords));
}

/** Completes the estimator of TO TRAIN, its attributes, functions of COLUMN and the model to continue from; null: none is being typed. */
async function trainBeing(text: string, before: string, typed: string, names: Names): Promise<Completions | null> {
  const estimator = /\bTO\s+TRAIN\s+([\w.]*)$/i.exec(text)?.[1];
  if (estimator !== undefined)
    return startingWith(estimator, [...estimators.map(({ name }) => name), ...Object.keys(usualSpaces)]);
  const place = verbAt(before);
  if (place?.verb !== 'TRAIN') return null;
  if (/\b(?:USING|INTO)\s+$/i.test(before)) {
    const models = (await names.models()).map(({ name }) => name);
    return startingWith(typed, /\bUSING\s+$/i.test(before) ? [...searchDrivers, ...models] : models);
  }
  if (/\bWITH\s[^;]*=\s*$/i.test(place.after) && typed !== '') {
    return startingWith(
      typed,
      domainFunctions.map((name) => `${name}(`),
    );
  }
  const columns = /\bCOLUMN\s((?:(?!\b(?:LABEL|USING|INTO)\b)[^;])*)$/i.exec(place.after)?.[1];
  if (columns === undefined || typed === '') return null;
  return startingWith(
    typed,
    Object.keys(featureFunctions).map((name) => `${name}(`),
  );
}

/** The attributes of the estimator that follows TO TRAIN. */
function trainAttributes(after: string): readonly string[] {
  const written = /^\s+([\w.]+)/.exec(after)?.[1] ?? '';
  const estimator = findEstimator(written);
  const own = estimator === undefined ? Object.keys(stepAttributes) : knownNames(estimator.attributes(() => null));
  return [...own, ...Object.keys(searchAttributes)];
}

async function completeFind({ expects, typed }: FindCompletion, names: Names): Promise<Completions> {
  switch (expects) {
    case 'classes': {
      const classes = (await names.classes()).map((name) => writtenClass(name, typed));
      return startingWith(typed, [...classes, ...(typed === '' ? [] : inCaseOf(typed, ['NOT ']))]);
    }
    case 'models': {
      const models = await names.models();
      return startingWith(
        typed,
        models.map(({ name }) => name),
      );
    }
    case 'attributes':
      return startingWith(typed, findAttributes);
    case 'keywords':
      return startingWith(typed, inCaseOf(typed, findKeywords));
  }
}

/** Completes an option of CMD, or its value if there are few; null: none is being typed. */
function optionBeing(text: string): Completions | null {
  const written = /["']--([\w=-]*)$/.exec(text)?.[1];
  const contract = contractAt(text);
  if (written === undefined || contract === null) return null;
  const [name = '', typed] = written.split('=');
  const { options, aliases } = contract;
  if (typed === undefined) {
    const names = Object.entries(options).map(([option, { kind }]) => (kind === 'flag' ? option : `${option}=`));
    return startingWith(name, names);
  }
  const called = name.replaceAll('-', '_');
  const option = options[Object.hasOwn(aliases, called) ? aliases[called]! : called];
  return option === undefined ? null : startingWith(typed, valuesOf(option));
}

function valuesOf(option: Option): readonly string[] {
  if (option.kind === 'choice') return option.of;
  if (option.kind === 'device') return devices;
  return option.kind === 'flag' ? ['true', 'false'] : [];
}

/** The program that the last CMD names; null: it names none. */
function contractAt(text: string): ProgramContract | null {
  const start = text.toUpperCase().lastIndexOf('CMD');
  const name = start < 0 ? undefined : /^CMD\s+["']([\w.-]+)["']/i.exec(text.slice(start))?.[1];
  const known = images.flatMap(({ programs }) => Object.entries(programs)).find(([written]) => written === name);
  return known === undefined ? null : contractOf(known[1]);
}

function lastWord(text: string): string {
  let start = text.length;
  while (start > 0 && /[\w.$`]/.test(text[start - 1] as string)) start -= 1;
  return text.slice(start);
}

/** The name of an existing model follows; in CREATE MODEL, after LIKE. */
const modelDue =
  /\b(?:DESCRIBE MODEL|DROP MODEL|DROP MODEL IF EXISTS|SET MODEL|SHOW TRAIN|SHOW TRIALS|TO EXPLAIN|MODEL [\w.-]{1,128} LIKE) ([\w.@-]{0,140})$/i;

const tableDue = /\b(FROM|JOIN|INTO|UPDATE|TABLE|DESCRIBE|DESC|TRUNCATE)\s+(?:`?[\w$]+`?(?:\.`?[\w$]+`?)?\s*,\s*)*$/i;

/** The attributes that may follow: after the WITH of a verb, and after each comma in it; null: none may. */
function attributesDue(before: string): readonly string[] | null {
  const place = verbAt(before);
  if (place === null) return null;
  const attributes = /\bWITH\s((?:(?!\bINTO\b)[^;])*)$/i.exec(place.after)?.[1];
  if (attributes === undefined) return null;
  const last = lastClauseToken(attributes);
  if (last !== undefined && last.type !== 'comma') return null;
  if (place.verb === 'PREDICT') return predictAttributeNames;
  if (place.verb === 'EXPLAIN') return explainAttributeNames;
  if (place.verb === 'TRAIN') return trainAttributes(place.after);
  return place.verb === 'RUN' ? Object.keys(runAttributes) : solveAttributeNames;
}

/** The last verb, and what follows it. */
function verbAt(text: string): { readonly verb: Verb; readonly after: string } | null {
  const last = [...text.matchAll(/\bTO\s+(RUN|TRAIN|PREDICT|EXPLAIN|MAXIMIZE|MINIMIZE)\b/gi)].at(-1);
  if (last === undefined) return null;
  const verb = last[1]!.toUpperCase();
  return {
    verb: verb === 'MAXIMIZE' || verb === 'MINIMIZE' ? 'OPTIMIZE' : (verb as Verb),
    after: text.slice(last.index + last[0].length),
  };
}

type Verb = 'RUN' | 'TRAIN' | 'PREDICT' | 'EXPLAIN' | 'OPTIMIZE';

function lastClauseToken(text: string): Token | undefined {
  const scanner = createScanner(text);
  scanner.enter('clause');
  let last: Token | undefined;
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) last = token;
  return last;
}

/** Keywords of the dialect and of queries. */
const keywords =
  `ALTER AND AS ASC BETWEEN BY CASE CMD COLUMN CONSTRAINT COUNT CREATE CROSS DATABASES DELETE DESC DESCRIBE DISTINCT DROP ELSE END EXISTS
EXPLAIN FALSE FROM GROUP HAVING IN INNER INSERT INTO IS JOIN LABEL LEFT LIKE LIMIT MAXIMIZE MINIMIZE MODEL MODELS NOT NULL OFFSET ON OR ORDER OUTER PARTITION PREDICT
RIGHT RUN SELECT SET SHOW TABLE TABLES THEN TO TRAIN TRIALS TRUE TRUNCATE UNION UPDATE USING VALUES VERSION VIEW WHEN WHERE WITH`
    .split(/\s+/)
    .map((word) => `${word} `);

function inCaseOf(typed: string, words: readonly string[]): readonly string[] {
  return /[A-Z]/.test(typed) || typed === '' ? words : words.map((word) => word.toLowerCase());
}

/** Quotes a name in backticks unless it is a plain word. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => (/^[A-Za-z_$][\w$]*$/.test(part) ? part : quoteName(part)))
    .join('.');
}

function startingWith(typed: string, candidates: readonly string[]): Completions {
  const wanted = typed.toLowerCase();
  return [candidates.filter((candidate) => candidate.toLowerCase().startsWith(wanted)), typed];
}
