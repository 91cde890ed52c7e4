import type { Expression, Value } from '../../sql/statement.ts';
import { columnNamed } from '../selected-columns.ts';

/** What SQLFlow takes for a regular expression. Only alternatives and dots are supported, whose time is bounded. */
const isPattern = (text: string) => /[|.*+?]/.test(text) && !/[()[\]{}^$\\]/.test(text);

/**
 * An item of COLUMN for each column that a pattern in quotes names: `INDICATOR(CATEGORY_ID("f10|f9|f4", 1000))` is three.
 * An item without a pattern, or whose pattern names no column, stays as it is.
 */
export function itemsOf(value: Value, columns: readonly string[] | null): readonly Value[] {
  const [pattern, ...others] = columns === null ? [] : patternsIn(value, columns);
  if (pattern === undefined || others.length > 0) return [value];
  const named = columns!.filter((column) => matches(column.toLowerCase(), pattern.toLowerCase()));
  return named.length === 0 ? [value] : named.map((column) => withColumn(value, pattern, column));
}

/** The first argument of a function is its column. */
function patternsIn(value: Value, columns: readonly string[]): readonly string[] {
  if (value.kind === 'expression' && value.form === 'call') {
    const [first] = value.operands;
    return first === undefined ? [] : patternsIn(first, columns);
  }
  if (value.kind !== 'string' || !isPattern(value.value)) return [];
  const last = value.value.slice(value.value.lastIndexOf('.') + 1);
  return [value.value, last].some((name) => columnNamed(name, columns) !== undefined) ? [] : [value.value];
}

function withColumn(value: Value, pattern: string, column: string): Value {
  if (value.kind === 'string') return value.value === pattern ? { ...value, value: column } : value;
  if (value.kind !== 'expression') return value;
  const [first, ...others] = value.operands;
  const operands = first === undefined ? [] : [withColumn(first, pattern, column), ...others];
  const text = value.text.replace(pattern, () => column);
  return { ...value, operands, text } satisfies Expression;
}

/** Whether a whole name matches one of the alternatives. */
function matches(name: string, pattern: string): boolean {
  return pattern.split('|').some((alternative) => fits(name, partsOf(alternative)));
}

interface Part {
  /** A character; null: any. */
  readonly character: string | null;
  readonly isOptional: boolean;
  readonly repeats: boolean;
}

function partsOf(alternative: string): readonly Part[] {
  const parts: Part[] = [];
  const quantifiers = new Set(['*', '+', '?']);
  const characters = [...alternative];
  for (const [at, character] of characters.entries()) {
    if (quantifiers.has(character)) continue;
    const next = characters[at + 1] ?? '';
    parts.push({
      character: character === '.' ? null : character,
      isOptional: next === '*' || next === '?',
      repeats: next === '*' || next === '+',
    });
  }
  return parts;
}

/** In time proportional to the lengths' product: the places of the parts that the name's start can have reached. */
function fits(name: string, parts: readonly Part[]): boolean {
  let reached = skipped(new Set([0]), parts);
  for (const character of name) {
    const next = [...reached].flatMap((at) => {
      const part = parts[at];
      if (part === undefined || (part.character !== null && part.character !== character)) return [];
      return part.repeats ? [at, at + 1] : [at + 1];
    });
    reached = skipped(new Set(next), parts);
  }
  return reached.has(parts.length);
}

function skipped(reached: Set<number>, parts: readonly Part[]): ReadonlySet<number> {
  for (const at of reached) if (parts[at]?.isOptional) reached.add(at + 1);
  return reached;
}
