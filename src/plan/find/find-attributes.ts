import { MillraceError } from '../../errors.ts';
import { find } from '../../programs/find.ts';
import type { Attribute, Value } from '../../sql/statement.ts';
import { attributeText } from '../attribute-text.ts';
import { oneOf } from '../attribute-values.ts';
import { type RunAttributes, runAttributes, withPods } from '../attributes.ts';
import type { GivenOption } from '../command.ts';
import type { Goal } from '../optimize/problem.ts';
import type { Strategy } from '../optimize/strategies.ts';
import { readAttributes, unknownAttribute } from '../read-attributes.ts';

type Report = (error: MillraceError) => void;

/** Attributes of TO FIND that say what is accepted. */
const goalAttributes = {
  max_cost: {
    expects: 'milliseconds per image, more than 0 and at most 1000000',
    read: (value: Value) => numberWithin(value, 1_000_000),
    otherwise: null as number | null,
  },
  min_accuracy: {
    expects: 'a number above 0 and up to 1, e.g. 0.9',
    read: (value: Value) => numberWithin(value, 1),
    otherwise: null as number | null,
  },
  strategy: {
    expects: "'baseline', 'basic' or 'order'",
    read: (value: Value) => oneOf(value, ['baseline', 'basic', 'order']),
    otherwise: 'order' as Strategy,
  },
};

function numberWithin(value: Value, most: number): number | undefined {
  return value.kind === 'number' && value.value > 0 && value.value <= most ? value.value : undefined;
}

/** Options of the program that a statement gives as attributes; `batch_size` and the planner give the others. */
const optionNames = Object.keys(find.options).filter((name) => name !== 'cascade' && name !== 'batch');

/** In the order in which people learn them. */
export const findAttributeNames: readonly string[] = [
  ...Object.keys(goalAttributes),
  ...optionNames,
  ...Object.keys(runAttributes),
];

export interface FindAttributes {
  readonly run: RunAttributes;
  readonly goal: Goal;
  readonly strategy: Strategy;
  readonly options: Readonly<Record<string, GivenOption>>;
}

export function readFindAttributes(attributes: readonly Attribute[], report: Report): FindAttributes {
  const known = (names: object) => attributes.filter(({ name }) => Object.hasOwn(names, name));
  const run = withPods(readAttributes(known(runAttributes), runAttributes, 'TO FIND', report));
  const { strategy, ...bounds } = readAttributes(known(goalAttributes), goalAttributes, 'TO FIND', report);
  const options: Record<string, GivenOption> = {};
  for (const attribute of attributes) {
    const { name, value } = attribute;
    if (optionNames.includes(name)) options[name] = { written: name, value: attributeText(value), span: value.span };
    else if (name === 'batch_size' && run.batch_size !== 'auto')
      options.batch = { written: name, value: String(run.batch_size), span: value.span };
    else if (!findAttributeNames.includes(name))
      report(unknownAttribute(attribute, findAttributeNames, 'TO FIND', insteadOf(name)));
  }
  return { run, goal: goalOf(attributes, bounds, report), strategy, options };
}

/** What to write instead of an attribute that TO RUN's commands or TO EVALUATE have. */
function insteadOf(name: string): string | undefined {
  const others: Readonly<Record<string, string>> = {
    model: 'name models after USING',
    models: 'name models after USING',
    classes: 'name classes after TO FIND',
    batch: 'write batch_size = …',
  };
  return Object.hasOwn(others, name) ? others[name] : undefined;
}

function goalOf(
  attributes: readonly Attribute[],
  { max_cost: cost, min_accuracy: accuracy }: { max_cost: number | null; min_accuracy: number | null },
  report: Report,
): Goal {
  if (cost !== null && accuracy !== null) {
    const last = attributes.findLast(({ name }) => name === 'max_cost' || name === 'min_accuracy')!;
    report(
      new MillraceError('WRONG_ATTRIBUTE', 'max_cost and min_accuracy are both given', {
        span: last.span,
        hint: 'keep one of them: the other is what the planner makes as good as possible',
      }),
    );
  }
  if (cost !== null) return { kind: 'maxCost', cost };
  return accuracy === null ? { kind: 'best' } : { kind: 'minAccuracy', accuracy };
}
