import type { Engine, StatementStatus } from '../engine/engine.ts';

/** However many follow a statement, it is asked for once. */
export interface StatementWatch {
  /** The status now and after each change; who is slow misses those in between, never the last. */
  follow(id: string, signal: AbortSignal): AsyncIterable<StatementStatus>;
  close(): void;
}

interface Watched {
  followers: number;
  latest: StatementStatus | null;
  ended: boolean;
  error: unknown;
  /** Resolved, and replaced, at each change. */
  change: PromiseWithResolvers<void>;
  readonly stop: AbortController;
}

export function openStatementWatch(engine: Engine): StatementWatch {
  const watched = new Map<string, Watched>();

  function join(id: string): Watched {
    const known = watched.get(id);
    if (known !== undefined) return known;
    const created: Watched = {
      followers: 0,
      latest: null,
      ended: false,
      error: null,
      change: Promise.withResolvers(),
      stop: new AbortController(),
    };
    watched.set(id, created);
    void pump(id, created);
    return created;
  }

  async function pump(id: string, to: Watched): Promise<void> {
    try {
      for await (const status of engine.events(id, to.stop.signal)) {
        to.latest = status;
        announce(to);
      }
    } catch (error) {
      to.error = error;
    } finally {
      to.ended = true;
      if (watched.get(id) === to) watched.delete(id);
      announce(to);
    }
  }

  function leave(id: string, from: Watched): void {
    from.followers -= 1;
    if (from.followers > 0) return;
    from.stop.abort();
    if (watched.get(id) === from) watched.delete(id);
  }

  return {
    async *follow(id, signal) {
      const statement = join(id);
      statement.followers += 1;
      const gone = aborted(signal);
      try {
        for (let seen: StatementStatus | null = null; !signal.aborted; ) {
          const { latest, change } = statement;
          if (latest !== null && latest !== seen) {
            seen = latest;
            yield latest;
          } else if (statement.ended) {
            if (statement.error !== null) throw statement.error;
            return;
          } else {
            await Promise.race([change.promise, gone.promise]);
          }
        }
      } finally {
        gone.forget();
        leave(id, statement);
      }
    },
    close() {
      for (const { stop } of watched.values()) stop.abort();
    },
  };
}

function announce(statement: Watched): void {
  const { resolve } = statement.change;
  statement.change = Promise.withResolvers();
  resolve();
}

function aborted(signal: AbortSignal): { readonly promise: Promise<void>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => resolve();
  signal.addEventListener('abort', listener, { once: true });
  if (signal.aborted) resolve();
  return { promise, forget: () => signal.removeEventListener('abort', listener) };
}
