import type { Span } from '../../errors.ts';
import type { Collector, Context } from './word.ts';
import { words } from './word.ts';

/** The names in a text, in one reading of the text. */
export interface Names {
  /** Each folded name, with the first place where it may name a schema; null if there is no such place. */
  readonly places: ReadonlyMap<string, Span | null>;
  /** A place where SQL is run that is composed at run time. */
  readonly dynamic: Span | null;
  /** A token whose end the servers disagree on, so that the places of names are unknown. */
  readonly isMalformed: boolean;
}

export function createNames(base: number): Collector<Names> {
  const places = new Map<string, Span | null>();
  let dynamic: Span | null = null;
  let isMalformed = false;
  const placeOf = ({ word: { token } }: Readonly<Context>) =>
    Object.freeze({ start: base + token.offset, end: base + token.end });
  return {
    look(context) {
      const { name, token, executed } = context.word;
      if (token.type === 'malformed') isMalformed = true;
      if (name === '') return;
      const known = places.get(name);
      if (!known) {
        if (!executed && !isOwned(context)) places.set(name, placeOf(context));
        else if (known === undefined) places.set(name, null);
      }
      if (!executed && dynamic === null && isDynamic(context)) dynamic = placeOf(context);
    },
    result: () => ({ places, dynamic, isMalformed }),
  };
}

/** Whether it follows `owner.`, and so names a table or column. */
function isOwned({ previous, beforePrevious }: Readonly<Context>): boolean {
  return previous?.token.type === 'dot' && beforePrevious !== undefined && beforePrevious.name !== '';
}

const fixed = words('SELECT WITH TABLE VALUES INSERT REPLACE UPDATE DELETE SHOW DESCRIBE DESC EXPLAIN ANALYZE USE');

/** PREPARE … FROM and EXECUTE IMMEDIATE, also in the body of a stored program. */
function isDynamic({ word: { keyword }, next, afterNext, first }: Readonly<Context>): boolean {
  if (keyword !== 'PREPARE' && keyword !== 'EXECUTE') return false;
  if (fixed.has(first?.keyword ?? '')) return false;
  return keyword === 'PREPARE' ? afterNext.keyword === 'FROM' : next.keyword === 'IMMEDIATE';
}
