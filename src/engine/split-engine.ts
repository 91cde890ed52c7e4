import { MillraceError } from '../errors.ts';
import type { StatementFilter, StatementStatus } from '../ledger/statement-status.ts';
import { needsNoPod } from '../plan/step-facts.ts';
import type { Engine } from './engine.ts';
import { newestFirst } from './list-statements.ts';

export interface SplitEngineOptions {
  /** Runs programs that only query, in this process. */
  readonly queries: Engine;
  /** Runs all other programs. */
  readonly workflows: Engine;
}

/** Runs programs that only query in this process: a workflow takes many seconds to start and end, and has no benefit for a query. */
export function openSplitEngine({ queries, workflows }: SplitEngineOptions): Engine {
  const engines = [queries, workflows];

  async function engineOf(id: string): Promise<Engine> {
    return (await queryStatus(id)) === null ? workflows : queries;
  }

  function queryStatus(id: string): Promise<StatementStatus | null> {
    return queries.status(id).catch((error) => {
      if (error instanceof MillraceError && error.code === 'UNKNOWN_STATEMENT') return null;
      throw error;
    });
  }

  return {
    submit: (submission, here) =>
      needsNoPod(submission.plan) ? queries.submit(submission, here) : workflows.submit(submission),
    status: async (id) => (await queryStatus(id)) ?? workflows.status(id),
    async *events(id, signal) {
      yield* (await engineOf(id)).events(id, signal);
    },
    async *logs(id, filter) {
      yield* (await engineOf(id)).logs(id, filter);
    },
    cancel: async (id) => (await engineOf(id)).cancel(id),
    retry: async (id) => (await engineOf(id)).retry(id),
    async list(filter: StatementFilter = {}) {
      const pages = await Promise.all(engines.map((engine) => engine.list(filter)));
      return pages
        .flat()
        .toSorted(newestFirst)
        .slice(0, filter.limit ?? 100);
    },
    async keepRecords(signal, onError) {
      await Promise.all(engines.map((engine) => engine.keepRecords(signal, onError)));
    },
    async close(options) {
      await Promise.all(engines.map((engine) => engine.close(options)));
    },
  };
}
