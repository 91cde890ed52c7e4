import type { Pool } from 'mysql2/promise';
import { takenByServers } from '../../ledger/history.ts';
import { withoutLock } from '../../ledger/lock-names.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStore, StoredStatement } from '../../ledger/statement-store.ts';

/**
 * Updates active statements whose lock nobody holds: each has ended in the meantime, or its engine has died. In the latter case,
 * it becomes `interrupted`, unless it belongs to servers: then it waits for the next server.
 * @param isOurs whether this process runs the statement
 */
export async function withLostOnes(
  stored: readonly StoredStatement[],
  { store, pool, schema }: { readonly store: StatementStore; readonly pool: Pool; readonly schema: string },
  isOurs: (id: string) => boolean,
): Promise<readonly StoredStatement[]> {
  const elsewhere = stored.filter((statement) => !hasEnded(statement) && !isOurs(statement.id)).map(({ id }) => id);
  const unheld = await withoutLock(pool, schema, elsewhere);
  if (unheld.length === 0) return stored;
  const kept = await takenByServers(pool, schema, unheld);
  const again = new Map((await store.readAll(unheld)).map((statement) => [statement.id, statement]));
  return stored.map((statement) => {
    const now = again.get(statement.id) ?? statement;
    const isLost = unheld.includes(now.id) && !hasEnded(now) && !kept.has(now.id);
    return isLost ? { ...now, state: 'interrupted' } : now;
  });
}
