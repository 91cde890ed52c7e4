import { useEffect, useState } from 'preact/hooks';
import { type Change, follow, type Statement } from '../api/statements.ts';
import { hasEnded } from './states.ts';

export interface Transition {
  readonly state: Statement['state'];
  readonly at: string;
}

/** Rows of the running step that were processed by a time. */
export interface Sample {
  readonly step: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly done: number;
}

export interface Followed {
  readonly statement: Statement | null;
  readonly transitions: readonly Transition[];
  readonly samples: readonly Sample[];
  readonly error: unknown;
}

const nothing: Followed = { statement: null, transitions: [], samples: [], error: null };
const reconnectMs = 2000;

/** A statement as it changes. @param round increases when it is retried, and is to be followed again */
export function useStatement(id: string, round: number): Followed {
  const [followed, setFollowed] = useState(nothing);
  useEffect(() => {
    const ending = new AbortController();
    setFollowed((before) => (before.statement?.id === id ? { ...before, transitions: [], error: null } : nothing));
    followAlways(id, ending.signal, (change) => setFollowed((before) => after(before, change)));
    return () => ending.abort();
  }, [id, round]);
  return followed;

  async function followAlways(statement: string, signal: AbortSignal, show: (change: Change) => void) {
    for (;;) {
      try {
        let last: Statement | null = null;
        for await (const change of follow(statement, signal)) {
          if (signal.aborted) return;
          show(change);
          if (change.kind === 'statement') last = change.statement;
        }
        if (last === null || hasEnded(last)) return;
      } catch (error) {
        if (!signal.aborted) setFollowed((before) => ({ ...before, error }));
        return;
      }
      // The server ended the stream, as when it is restarted.
      await new Promise((resolve) => setTimeout(resolve, reconnectMs));
      if (signal.aborted) return;
    }
  }
}

function after(before: Followed, change: Change): Followed {
  if (change.kind === 'state') {
    const { state, at } = change;
    const isKnown = before.transitions.some((each) => each.at === at && each.state === state);
    return isKnown ? before : { ...before, transitions: [...before.transitions, { state, at }] };
  }
  const { statement } = change;
  const { progress } = statement;
  const sample = progress === null ? [] : [{ step: progress.step, at: Date.now() / 1000, done: progress.done }];
  return { ...before, statement, samples: [...before.samples, ...sample], error: null };
}
