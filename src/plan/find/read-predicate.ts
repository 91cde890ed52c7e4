import { MillraceError, type Span } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import type { CountPredicate, Predicate } from '../../programs/predicate/predicate.ts';
import { unquoteName } from '../../sql/quoting.ts';
import type { Expression, Value } from '../../sql/statement.ts';

type Report = (error: MillraceError) => void;

/** Names of the classes that models know, by their lower case. */
export type KnownClasses = ReadonlyMap<string, string>;

/** Numbers of objects are small; larger ones are mistakes. */
const mostObjects = 10_000;

/**
 * Reads the expression of `TO FIND`: classes, comparisons of their numbers of objects, AND, OR, NOT and brackets.
 * @returns null after reporting its errors
 */
export function readPredicate(value: Value, known: KnownClasses, report: Report): Predicate | null {
  if (value.kind === 'string') return classPredicate(value.value, value.span, known, report);
  if (value.kind !== 'expression') return refuse(value, report);
  const { form, head, operands } = value;
  switch (form) {
    case 'name':
      return classPredicate(unquoteName(head), value.span, known, report);
    case 'bracket':
      return readPredicate(operands[0]!, known, report);
    case 'unary': {
      if (head !== 'NOT') return refuse(value, report);
      const of = readPredicate(operands[0]!, known, report);
      return of === null ? null : { kind: 'not', of };
    }
    case 'binary':
      return head === 'AND' || head === 'OR' ? readParts(value, known, report) : readCount(value, known, report);
    default:
      return refuse(value, report);
  }
}

/** `a AND b AND c` is one predicate of three parts. */
function readParts({ head, operands }: Expression, known: KnownClasses, report: Report): Predicate | null {
  const kind = head === 'AND' ? 'all' : 'any';
  const parts = operands.map((operand) => readPredicate(operand, known, report));
  if (parts.some((part) => part === null)) return null;
  return { kind, of: parts.flatMap((part) => (part!.kind === kind ? part!.of : [part!])) };
}

function readCount(comparison: Expression, known: KnownClasses, report: Report): Predicate | null {
  const [left, right] = comparison.operands as [Value, Value];
  const [named, number, operator] =
    left.kind === 'number'
      ? [right, left, mirrored[comparison.head]]
      : [left, right, Object.hasOwn(mirrored, comparison.head) ? comparison.head : undefined];
  const name = nameOf(named);
  if (number.kind !== 'number' || operator === undefined || name === null) return refuse(comparison, report);
  const bounds = boundsOf(operator, number.value);
  if (typeof bounds === 'string') {
    report(
      new MillraceError('WRONG_PREDICATE', `${comparison.text} ${bounds}`, { span: comparison.span, hint: numberHint }),
    );
    return null;
  }
  const predicate = classPredicate(name, named.span, known, report);
  if (predicate === null) return null;
  const counted: Predicate = { ...predicate, least: bounds.least, most: bounds.most };
  return bounds.isNegated ? { kind: 'not', of: counted } : counted;
}

/** The operators that compare, and what they are with their sides exchanged. */
const mirrored: Readonly<Record<string, string>> = {
  '=': '=',
  '!=': '!=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

interface Bounds {
  readonly least: number;
  readonly most: number | null;
  readonly isNegated: boolean;
}

const numberHint = `compare the class with a whole number from 0 to ${mostObjects}, such as car >= 3`;

/** @returns what is wrong with the comparison */
function boundsOf(operator: string, number: number): Bounds | string {
  if (!Number.isSafeInteger(number)) return 'does not compare with a whole number';
  if (number < 0 || number > mostObjects) return 'compares with a number of objects that no picture shows';
  if (number === 0 && (operator === '>=' || operator === '<')) return 'has the same value for every picture';
  switch (operator) {
    case '=':
      return { least: number, most: number, isNegated: false };
    case '!=':
    case '<>':
      return { least: number, most: number, isNegated: true };
    case '>=':
      return { least: number, most: null, isNegated: false };
    case '>':
      return { least: number + 1, most: null, isNegated: false };
    case '<':
      return { least: number, most: null, isNegated: true };
    default:
      return { least: 0, most: number, isNegated: false };
  }
}

function nameOf(value: Value): string | null {
  if (value.kind === 'string') return value.value;
  if (value.kind !== 'expression') return null;
  if (value.form === 'bracket') return nameOf(value.operands[0]!);
  return value.form === 'name' ? unquoteName(value.head) : null;
}

function classPredicate(written: string, span: Span, known: KnownClasses, report: Report): CountPredicate | null {
  const name = known.get(written.toLowerCase());
  if (name !== undefined) return { kind: 'count', class: name, least: 1, most: null };
  const nearest = nearestName(written, [...known.values()]);
  const hint =
    nearest === undefined
      ? known.size === 0
        ? 'no model is registered: CREATE MODEL registers one'
        : 'SHOW MODELS lists the models; DESCRIBE MODEL lists the classes of one'
      : `did you mean ${nearest}?`;
  report(new MillraceError('UNKNOWN_CLASS', `no registered model knows the class '${written}'`, { span, hint }));
  return null;
}

function refuse({ span }: Value, report: Report): null {
  report(
    new MillraceError('WRONG_PREDICATE', 'this does not say what a picture shows', {
      span,
      hint: `write a class, such as person or "dining table", or a number of its objects, such as car >= 3; combine them with AND, OR, NOT and brackets`,
    }),
  );
  return null;
}

/** Words of an expression that may name classes, in lower case, with the place of each. */
export function spansOf(value: Value): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>();
  const add = (each: Value): void => {
    if (each.kind !== 'string' && each.kind !== 'expression') return;
    if (each.kind === 'expression' && each.form !== 'name') return void each.operands.forEach(add);
    const word = (each.kind === 'string' ? each.value : unquoteName(each.head)).toLowerCase();
    if (!spans.has(word)) spans.set(word, each.span);
  };
  add(value);
  return spans;
}
