import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Picture, type PicturePage, type PictureQuery, readPictures } from '../api/pictures.ts';

export interface LoadedPictures {
  readonly pictures: readonly Picture[];
  readonly first: PicturePage | null;
  readonly isLast: boolean;
  readonly error: unknown;
  /** Loads the next page, if none is being loaded. */
  more(): void;
}

interface State {
  readonly pictures: readonly Picture[];
  readonly first: PicturePage | null;
  /** undefined: the first page; null: there is none. */
  readonly next: string | null | undefined;
  readonly error: unknown;
}

const nothing: State = { pictures: [], first: null, next: undefined, error: null };

/** The pictures of a result that pass a filter, page by page. */
export function usePictures(id: string, query: PictureQuery): LoadedPictures {
  const [state, setState] = useState(nothing);
  const loading = useRef<AbortController | null>(null);
  const current = useRef(state);
  current.current = state;

  const more = useCallback(async () => {
    if (loading.current !== null || current.current.next === null || current.current.error !== null) return;
    const mine = new AbortController();
    loading.current = mine;
    try {
      const page = await readPictures(id, query, current.current.next ?? undefined, mine.signal);
      if (mine.signal.aborted) return;
      setState(({ pictures, first }) => ({
        pictures: [...pictures, ...page.pictures],
        first: first ?? page,
        next: page.next,
        error: null,
      }));
    } catch (error) {
      if (!mine.signal.aborted) setState((before) => ({ ...before, error }));
    } finally {
      if (loading.current === mine) loading.current = null;
    }
  }, [id, query.step, query.class, query.minScore, query.labels]);

  useEffect(() => {
    setState(nothing);
    current.current = nothing;
    void more();
    return () => {
      loading.current?.abort();
      loading.current = null;
    };
  }, [more]);
  // A page with a filter may be empty and still have a next one.
  useEffect(() => {
    if (state.first !== null && state.pictures.length === 0) void more();
  }, [state]);

  return { ...state, isLast: state.next === null, more: () => void more() };
}
