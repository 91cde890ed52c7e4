import type { Span } from '../../errors.ts';
import type { Collector, Context } from './word.ts';
import { foldName } from './word.ts';

/** A user variable and its place. */
export interface VariableUse {
  readonly text: string;
  readonly span: Span;
}

/** The first user variable that the text does not set itself; null if there is none. `@@name` is a system variable. */
export function createVariables(base: number): Collector<VariableUse | null> {
  const used = new Map<string, VariableUse>();
  const set = new Set<string>();
  let intoList = false;
  return {
    look(context) {
      const { word, first } = context;
      const variable = variableAt(context);
      if (variable === null) {
        if (word.keyword !== ',' && !isQuotedPart(context)) intoList = word.keyword === 'INTO';
        return;
      }
      const { key, text, last, after } = variable;
      if (!used.has(key))
        used.set(
          key,
          Object.freeze({ text, span: Object.freeze({ start: base + word.token.offset, end: base + last.token.end }) }),
        );
      if (intoList || after === ':=' || (after === '=' && first?.keyword === 'SET')) set.add(key);
    },
    result: () => [...used].find(([key]) => !set.has(key))?.[1] ?? null,
  };
}

function variableAt({ word, next, afterNext }: Readonly<Context>) {
  const { type, text } = word.token;
  if (type !== 'variable' || text[1] === '@') return null;
  if (text.length > 1) return { key: foldName(text), text, last: word, after: next.keyword };
  if (!isQuoted(next.token.type) || next.token.offset !== word.token.end) return null;
  return {
    key: foldName(`@${next.token.text.slice(1, -1)}`),
    text: `@${next.token.text}`,
    last: next,
    after: afterNext.keyword,
  };
}

const isQuoted = (type: string) => type === 'string' || type === 'name';

/** The name in `@'name'`. */
function isQuotedPart({ previous, word }: Readonly<Context>): boolean {
  return previous?.token.text === '@' && isQuoted(word.token.type);
}
