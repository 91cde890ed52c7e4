import type { Collector, Context } from './word.ts';
import { words } from './word.ts';

/** Collects what a text does that a reader may not, in one reading of the text; null if nothing. */
export function createEffect(): Collector<string | null> {
  let effect: string | null = null;
  let isEmpty = true;
  return {
    look(context) {
      if (context.word.executed || effect !== null) return;
      isEmpty &&= context.first === undefined;
      effect = effectAt(context);
    },
    result: () => (isEmpty ? 'this is not a query' : effect),
  };
}

const readers = words('SELECT WITH VALUES TABLE SHOW DESCRIBE DESC EXPLAIN');
const explains = words('DESCRIBE DESC EXPLAIN');
const reserved = words('DELETE INTO UPDATE');
/** Also names of functions. */
const changers = words('INSERT REPLACE');
const pairs = new Set(['FOR SHARE', 'FOR CONNECTION', 'LOCK IN', 'NEXT VALUE']);
const functions = words('get_lock nextval release_all_locks release_lock setval');

function effectAt({ word, next, previous, first }: Readonly<Context>): string | null {
  const { keyword, name, token } = word;
  if (first === undefined) return null;
  if (!readers.has(first.keyword)) return `${first.token.type === 'word' ? first.keyword : 'this'} is not a query`;
  if (token.type === 'executable') return 'the server executes the contents of /*! */';
  if (token.type === 'malformed') return 'the servers do not agree on where this number or text ends';
  if (keyword === ':=') return ':= sets a variable';
  if (keyword === 'ANALYZE' && explains.has(first.keyword)) return 'EXPLAIN ANALYZE runs the statement';
  if (reserved.has(keyword)) return `the statement contains ${keyword}`;
  if (changers.has(keyword) && next.keyword !== '(') return `the statement contains ${keyword}`;
  if ((keyword === 'FOR' || keyword === 'LOCK' || keyword === 'NEXT') && pairs.has(`${keyword} ${next.keyword}`))
    return `the statement contains ${keyword} ${next.keyword}`;
  // In Oracle's mode: https://mariadb.com/kb/en/sequence-overview/
  if (name === 'nextval' && previous?.token.type === 'dot') return 'NEXTVAL changes what others see';
  return next.keyword === '(' && functions.has(name) ? `${name.toUpperCase()} changes what others see` : null;
}
