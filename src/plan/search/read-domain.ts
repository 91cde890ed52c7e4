import { MillraceError, type Span } from '../../errors.ts';
import type { Domain, PlainValue } from '../../programs/search/search.ts';
import { nearestWord } from '../../sql/nearest-word.ts';
import type { Attribute, Value } from '../../sql/statement.ts';

type Report = (error: MillraceError) => void;

export const domainFunctions = ['CHOICE', 'INT', 'UNIFORM', 'LOGUNIFORM', 'QUNIFORM', 'QLOGUNIFORM'] as const;

/** SQLFlow's `range.max_depth = [2, 8]` is `max_depth = INT(2, 8)`. */
const rangePrefix = 'range.';

const mostChoices = 1000;
/** Whole numbers up to this are exact in every library. */
const largestNumber = 2 ** 53;

/** Whether the attribute says what may vary, not a value. Any function is one, or is meant to be one. */
export const isDomain = ({ name, value }: Attribute): boolean =>
  name.startsWith(rangePrefix) || (value.kind === 'expression' && value.form === 'call');

/** Name of the attribute whose values the domain holds. */
export const variedName = ({ name }: Attribute): string =>
  name.startsWith(rangePrefix) ? name.slice(rangePrefix.length) : name;

/** @returns null after reporting what is wrong */
export function readDomain({ name, value }: Attribute, report: Report): Domain | null {
  if (name.startsWith(rangePrefix)) {
    if (value.kind === 'list') return readRange('INT', value.items, value.span, report);
    return wrong(report, `${name} is not a list of two whole numbers`, value.span, `write ${name} = [2, 8]`);
  }
  if (value.kind !== 'expression') return null;
  const written = domainFunctions.find((each) => each === value.head.toUpperCase());
  if (written === 'CHOICE') return readChoices(value.operands, value.span, report);
  if (written !== undefined) return readRange(written, value.operands, value.span, report);
  const nearest = nearestWord(value.head, domainFunctions);
  const hint = nearest === undefined ? `use one of ${domainFunctions.join(', ')}` : `did you mean ${nearest}?`;
  return wrong(report, `unknown domain '${value.head}'`, value.span, hint);
}

function readChoices(items: readonly Value[], span: Span, report: Report): Domain | null {
  if (items.length === 0 || items.length > mostChoices)
    return wrong(report, `CHOICE has ${items.length} values`, span, `give 1 to ${mostChoices} values`);
  const seen = new Set<string>();
  const choices: PlainValue[] = [];
  for (const item of items) {
    const choice = plainValue(item);
    const key = JSON.stringify(choice);
    if (choice === undefined) return wrong(report, 'CHOICE has a value that is not one', item.span, choiceHint);
    if (seen.has(key)) return wrong(report, 'CHOICE has a value twice', item.span, 'remove one of the two');
    seen.add(key);
    choices.push(choice);
  }
  return { domain: 'choice', choices };
}

const choiceHint = 'give numbers, texts, TRUE, FALSE or lists of them';

/** @returns undefined for NULL and functions */
function plainValue(value: Value): PlainValue | undefined {
  switch (value.kind) {
    case 'number':
    case 'string':
    case 'boolean':
      return value.value;
    case 'null':
      return undefined;
    case 'list': {
      const items = value.items.map(plainValue);
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case 'expression':
      // SQLFlow's words without quotes, such as multi:softmax.
      return value.form === 'call' ? undefined : value.text;
  }
}

function readRange(
  name: Exclude<(typeof domainFunctions)[number], 'CHOICE'>,
  operands: readonly Value[],
  span: Span,
  report: Report,
): Domain | null {
  const domain = name.toLowerCase() as Lowercase<typeof name>;
  const steps = domain !== 'uniform' && domain !== 'loguniform';
  const form = `${name}(low, high${steps ? (domain === 'int' ? '[, step]' : ', step') : ''})`;
  const fewest = steps && domain !== 'int' ? 3 : 2;
  if (operands.length < fewest || operands.length > (steps ? 3 : 2))
    return wrong(report, `${name} has ${operands.length} numbers`, span, `write ${form}`);
  for (const operand of operands) {
    const isRight = operand.kind === 'number' && Math.abs(operand.value) <= largestNumber;
    const isWhole = isRight && (domain !== 'int' || Number.isInteger(operand.value));
    if (!isWhole)
      return wrong(report, `${name} needs ${domain === 'int' ? 'whole ' : ''}numbers`, operand.span, `write ${form}`);
  }
  const [low, high, step = 1] = operands.map((operand) => (operand as { value: number }).value) as [number, number];
  if (!(low < high)) return wrong(report, `${name} is empty: ${low} is not below ${high}`, span, `write ${form}`);
  if (domain.includes('log') && low <= 0)
    return wrong(report, `${name} begins at ${low}, which has no logarithm`, operands[0]!.span, 'begin above 0');
  if (steps && step <= 0)
    return wrong(report, `${name} has the step ${step}`, operands[2]!.span, 'give a step above 0');
  return steps ? { domain: domain as 'int', low, high, step } : { domain: domain as 'uniform', low, high };
}

function wrong(report: Report, message: string, span: Span, hint: string): null {
  report(new MillraceError('SEARCH_DOMAIN', message, { span, hint }));
  return null;
}
