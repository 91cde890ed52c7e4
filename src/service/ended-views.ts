import { LRUCache } from 'lru-cache';
import type { Pool } from 'mysql2/promise';
import { readEndVersion } from '../ledger/end-version.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import type { Statement } from './statement.ts';

/** Views of statements that have ended, so that a client that asks again costs one query. */
export interface EndedViews {
  /** @returns null if it is not known, or has changed since */
  known(id: string): Promise<Statement | null>;
  /** Remembers what `look` returns, if the statement has ended. */
  view(status: StatementStatus, look: () => Promise<Statement>): Promise<Statement>;
}

interface Known {
  readonly version: string;
  readonly view: Statement;
}

/** Characters of JSON of all views. */
const mostCharacters = 16 * 2 ** 20;

export function openEndedViews(pool: Pool, schema: string): EndedViews {
  const views = new LRUCache<string, Known>({
    maxSize: mostCharacters,
    sizeCalculation: ({ view }) => JSON.stringify(view).length,
  });

  return {
    async known(id) {
      const last = views.get(id);
      if (last === undefined) return null;
      return (await readEndVersion(pool, schema, id)) === last.version ? last.view : null;
    },
    async view(status, look) {
      const version = status.finishedAt === null ? null : await readEndVersion(pool, schema, status.id);
      const view = await look();
      // It may have been retried since the status was read; if its rows have been deleted since, the version tells.
      if (version?.startsWith(`${status.state} ${status.finishedAt}`)) views.set(status.id, { version, view });
      return view;
    },
  };
}
