/**
 * Arithmetic over the columns of a row and the variable that is solved for. `sum` adds up a formula over the rows of a group. The planner
 * makes only formulas that are linear in the variable, with sums that hold no other sums.
 */
export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'variable' }
  | { readonly kind: 'negate' | 'sum'; readonly of: Formula }
  | { readonly kind: Operator; readonly left: Formula; readonly right: Formula };

const operators = ['+', '-', '*', '/'] as const;

export type Operator = (typeof operators)[number];

export const isOperator = (word: string): word is Operator => (operators as readonly string[]).includes(word);

/** The parts of which a formula is made. */
export function partsOf(formula: Formula): readonly Formula[] {
  if ('of' in formula) return [formula.of];
  return 'left' in formula ? [formula.left, formula.right] : [];
}

/** Whether a value is a formula, for one that was stored as JSON. */
export function isFormula(value: unknown): value is Formula {
  const rest = [value];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { kind, ...fields } = Object(next) as Readonly<Record<string, unknown>>;
    const names = Object.hasOwn(fieldsOf, String(kind)) ? fieldsOf[kind as Formula['kind']] : null;
    if (Object.keys(fields).sort().join() !== names) return false;
    if (kind === 'number' && !Number.isFinite(fields.value)) return false;
    if (kind === 'column' && typeof fields.name !== 'string') return false;
    if (kind !== 'number' && kind !== 'column') rest.push(...Object.values(fields).map((part) => part ?? null));
  }
  return true;
}

const fieldsOf: Readonly<Record<Formula['kind'], string>> = {
  number: 'value',
  column: 'name',
  variable: '',
  negate: 'of',
  sum: 'of',
  '+': 'left,right',
  '-': 'left,right',
  '*': 'left,right',
  '/': 'left,right',
};

/** Names of the columns that formulas read, each once, in their order. */
export function columnsIn(formulas: readonly Formula[]): readonly string[] {
  const names = new Set<string>();
  const rest = formulas.toReversed();
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (next.kind === 'column') names.add(next.name);
    rest.push(...partsOf(next).toReversed());
  }
  return [...names];
}

/** Names of the columns that a group has one value of. */
export function columnsOutsideSums(formulas: readonly Formula[]): readonly string[] {
  return [...new Set(formulas.flatMap(outsideSums))];
}

function outsideSums(formula: Formula): readonly string[] {
  if (formula.kind === 'column') return [formula.name];
  return formula.kind === 'sum' ? [] : partsOf(formula).flatMap(outsideSums);
}

export function hasSum(formula: Formula): boolean {
  return formula.kind === 'sum' || partsOf(formula).some(hasSum);
}
