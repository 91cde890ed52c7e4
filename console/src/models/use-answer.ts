import { useEffect, useState } from 'preact/hooks';

export interface Answer<T> {
  readonly value: T | null;
  readonly error: unknown;
}

/** What the server answers to a request; asked again when `key` changes. */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [state, setState] = useState<Answer<T>>({ value: null, error: null });
  useEffect(() => {
    const leaving = new AbortController();
    setState({ value: null, error: null });
    ask(leaving.signal).then(
      (value) => setState({ value, error: null }),
      (error) => {
        if (!leaving.signal.aborted) setState({ value: null, error });
      },
    );
    return () => leaving.abort();
  }, [key]);
  return state;
}
