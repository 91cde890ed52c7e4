import type { Span } from '../../errors.ts';
import type { Collector } from './word.ts';

/** Where `LOAD … LOCAL INFILE` says that the file is the client's; null: it is none. */
export function createLocalInfile(base: number): Collector<Span | null> {
  let verb = '';
  let place: Span | null = null;
  return {
    look({ word: { keyword, token }, next }) {
      if (verb === '' && token.type === 'word') verb = keyword;
      if (keyword === 'LOCAL' && next.keyword === 'INFILE' && verb === 'LOAD')
        place ??= Object.freeze({ start: base + token.offset, end: base + token.end });
    },
    result: () => place,
  };
}
