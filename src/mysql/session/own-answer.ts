import type { ResultSet } from '../statements/result-set.ts';
import { cancelled } from '../statements/run-extended.ts';

/** A statement that Millrace answers with rows, while it runs. */
export interface Answering {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** From now on it can be cancelled. */
  submitted(id: string): void;
}

/** The statement of a connection that Millrace is answering, if there is one. */
export interface OwnAnswer {
  isRunning(): boolean;
  /** Answers with the rows of `work`, which KILL or the end of the connection stops. @throws its errors, or that it was cancelled */
  run(work: (statement: Answering) => Promise<ResultSet>, send: (result: ResultSet) => Promise<void>): Promise<void>;
  /** Cancels the statement as soon as it can be cancelled. */
  cancel(): void;
  /** The client is gone; the statement continues. */
  leave(): void;
}

/** @param cancelStatement never rejects */
export function openOwnAnswer(cancelStatement: (id: string) => Promise<void>): OwnAnswer {
  let running: { id: string | null; isCancelled: boolean; readonly stop: AbortController } | null = null;

  async function cancel(statement: NonNullable<typeof running>): Promise<void> {
    statement.isCancelled = true;
    if (statement.id === null) return;
    await cancelStatement(statement.id);
    statement.stop.abort(cancelled(statement.id));
  }

  return {
    isRunning: () => running !== null,
    async run(work, send) {
      const statement = { id: null as string | null, isCancelled: false, stop: new AbortController() };
      const { signal } = statement.stop;
      const submitted = (id: string) => {
        statement.id = id;
        if (statement.isCancelled) void cancel(statement);
      };
      running = statement;
      try {
        const stopped = new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        );
        await send(await Promise.race([work({ signal, submitted }), stopped]));
      } finally {
        running = null;
      }
    },
    cancel() {
      if (running !== null) void cancel(running);
    },
    leave: () => running?.stop.abort(),
  };
}
