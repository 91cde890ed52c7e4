import type { Engine } from '../engine/engine.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';

/** Reads a statement once, however many clients follow it. */
export interface StatementWatch<T> {
  /** The status now and after each change. A slow follower may miss intermediate ones, but never the last. */
  follow(id: string, signal: AbortSignal): AsyncIterable<Seen<T>>;
  close(): void;
}

export interface Seen<T> {
  readonly status: StatementStatus;
  /** Further information about the statement, computed once for all followers. */
  told(): Promise<T>;
}

interface Watched<T> {
  /** Called after each change. */
  readonly followers: Set<() => void>;
  readonly stop: AbortController;
  latest: Seen<T> | null;
  ended: boolean;
  error: unknown;
}

export function openStatementWatch<T>(
  engine: Engine,
  tell: (status: StatementStatus) => Promise<T>,
): StatementWatch<T> {
  const watched = new Map<string, Watched<T>>();

  function watch(id: string): Watched<T> {
    const known = watched.get(id);
    if (known !== undefined) return known;
    const created = {
      followers: new Set<() => void>(),
      stop: new AbortController(),
      latest: null,
      ended: false,
      error: null,
    };
    watched.set(id, created);
    void pump(id, created);
    return created;
  }

  async function pump(id: string, to: Watched<T>): Promise<void> {
    try {
      for await (const status of engine.events(id, to.stop.signal)) {
        to.latest = seenOnce(status, tell);
        for (const notify of to.followers) notify();
      }
    } catch (error) {
      to.error = error;
    }
    to.ended = true;
    forget(id, to);
    for (const notify of to.followers) notify();
  }

  function forget(id: string, statement: Watched<T>): void {
    statement.stop.abort();
    if (watched.get(id) === statement) watched.delete(id);
  }

  return {
    async *follow(id, signal) {
      const statement = watch(id);
      let wake = () => {};
      const notify = () => wake();
      statement.followers.add(notify);
      signal.addEventListener('abort', notify);
      try {
        for (let seen: Seen<T> | null = null; !signal.aborted; ) {
          if (statement.latest !== null && statement.latest !== seen) {
            seen = statement.latest;
            yield seen;
          } else if (statement.ended) {
            if (statement.error !== null) throw statement.error;
            return;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        signal.removeEventListener('abort', notify);
        statement.followers.delete(notify);
        if (statement.followers.size === 0) forget(id, statement);
      }
    },
    close() {
      for (const { stop } of watched.values()) stop.abort();
    },
  };
}

function seenOnce<T>(status: StatementStatus, tell: (status: StatementStatus) => Promise<T>): Seen<T> {
  let told: Promise<T> | undefined;
  return {
    status,
    told() {
      told ??= tell(status);
      return told;
    },
  };
}
