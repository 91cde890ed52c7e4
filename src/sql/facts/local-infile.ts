import type { Span } from '../../errors.ts';
import type { Collector } from './word.ts';

/** Place of LOCAL in `LOAD … LOCAL INFILE`; null in any other statement. */
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
