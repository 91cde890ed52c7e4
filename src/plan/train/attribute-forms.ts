import type { Value } from '../../sql/statement.ts';
import type { TrainValue } from '../../train-task.ts';

/** What an attribute of an estimator can be. */
export type AttributeForm =
  | { readonly is: 'integer'; readonly least: number; readonly most: number }
  | { readonly is: 'number'; readonly least: number; readonly most: number; readonly isAbove: boolean }
  | { readonly is: 'boolean' | 'text' | 'weights' | 'any' }
  | { readonly is: 'choice'; readonly of: readonly string[]; readonly suffix?: string }
  | { readonly is: 'integers'; readonly most: number }
  /** It has no effect here: SQLFlow's runtime had a use for it. */
  | { readonly is: 'ignored' };

/** Attributes by name. Several names can mean the same. */
export type AttributeTable = Readonly<Record<string, TableAttribute>>;

export interface TableAttribute {
  readonly form: AttributeForm;
  /** The trainer's name of it. */
  readonly alias?: string;
  /** It has no effect, and the trainer would reject it. */
  readonly isUnknownToTrainer?: true;
}

const greatest = 1e30;

export const integer = (least = 1, most = 2 ** 31 - 1): AttributeForm => ({ is: 'integer', least, most });
export const number = (least = 0, most = greatest): AttributeForm => ({ is: 'number', least, most, isAbove: false });
/** A number above `least`. */
export const above = (least: number, most = greatest): AttributeForm => ({ is: 'number', least, most, isAbove: true });
export const choice = (...of: readonly string[]): AttributeForm => ({ is: 'choice', of });
export const boolean: AttributeForm = { is: 'boolean' };
export const text: AttributeForm = { is: 'text' };
export const weights: AttributeForm = { is: 'weights' };
export const any: AttributeForm = { is: 'any' };
export const ignored: AttributeForm = { is: 'ignored' };

/** Rows of a table: the first name, and others that mean the same. */
export function named(form: AttributeForm, name: string, ...others: readonly string[]): AttributeTable {
  const aliases = others.map((other) => [other, { form, alias: name }] as const);
  return { [name]: { form }, ...Object.fromEntries(aliases) };
}

/** `a whole number from 1 to 100` */
export function expected(form: AttributeForm): string {
  switch (form.is) {
    case 'integer':
      return `a whole number ${range(form.least, form.most, 2 ** 31 - 1)}`;
    case 'number':
      return form.isAbove
        ? `a number above ${form.least}${form.most < greatest ? ` to ${form.most}` : ''}`
        : `a number ${range(form.least, form.most, greatest)}`;
    case 'boolean':
      return 'TRUE or FALSE';
    case 'text':
      return "text, e.g. 'name'";
    case 'weights':
      return "'balanced', or a list of numbers from 0: one for each class";
    case 'choice':
      return `one of ${form.of.join(', ')}`;
    case 'integers':
      return `a list of whole numbers from 1 to ${form.most}, e.g. [64, 32]`;
    case 'any':
    case 'ignored':
      return 'a number, a text, TRUE, FALSE, or a list of them';
  }
}

function range(least: number, most: number, unlimited: number): string {
  if (least <= -unlimited && most >= unlimited) return 'of at most 30 digits';
  return most >= unlimited ? `from ${least}` : `from ${least} to ${most}`;
}

/** The value for the trainer; undefined: it is not what the form expects. */
export function readForm(form: AttributeForm, value: Value): TrainValue | undefined {
  const plain = plainValue(value);
  switch (form.is) {
    case 'integer':
      return Number.isInteger(plain) && isWithin(plain, form) ? plain : undefined;
    case 'number':
      return isWithin(plain, form) && !(form.isAbove && plain === form.least) ? plain : undefined;
    case 'boolean':
      return readBoolean(plain);
    case 'text':
      return typeof plain === 'string' ? plain : undefined;
    case 'weights':
      if (typeof plain === 'string') return plain.toLowerCase() === 'balanced' ? 'balanced' : undefined;
      return Array.isArray(plain) && plain.length > 0 && plain.every((each) => isWithin(each, weightRange))
        ? plain
        : undefined;
    case 'choice':
      return typeof plain === 'string' ? chosen(plain, form) : undefined;
    case 'integers': {
      const isSize = (each: unknown) => Number.isInteger(each) && isWithin(each, { least: 1, most: form.most });
      return Array.isArray(plain) && plain.every(isSize) ? plain : undefined;
    }
    case 'any':
    case 'ignored':
      return plain;
  }
}

const weightRange = { least: 0, most: greatest };

function isWithin(value: unknown, { least, most }: { readonly least: number; readonly most: number }): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function readBoolean(plain: TrainValue | undefined): boolean | undefined {
  if (typeof plain === 'boolean') return plain;
  if (plain === 0 || plain === 1) return plain === 1;
  const word = typeof plain === 'string' ? plain.toLowerCase() : '';
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}

/** One of the words, in any case, with or without the suffix that Keras' names have. */
function chosen(written: string, { of, suffix }: Extract<AttributeForm, { is: 'choice' }>): string | undefined {
  const word = written.toLowerCase();
  const short = suffix !== undefined && word.endsWith(suffix) ? word.slice(0, -suffix.length) : word;
  return of.find((each) => each.toLowerCase() === short || each.toLowerCase() === word);
}

/** Words need no quotes: `objective = binary:logistic`. */
export function plainValue(value: Value): TrainValue | undefined {
  if (value.kind !== 'list') return scalarOf(value);
  const items = value.items.map(scalarOf);
  return items.every((item) => item !== undefined) ? items : undefined;
}

function scalarOf(value: Value): string | number | boolean | undefined {
  switch (value.kind) {
    case 'number':
      return Number.isFinite(value.value) ? value.value : undefined;
    case 'string':
    case 'boolean':
      return value.value;
    case 'expression':
      return value.form === 'name' ? value.text : undefined;
    default:
      return undefined;
  }
}
