import type { Pool, RowDataPacket } from 'mysql2/promise';

/** How long a value is cached: an administrator's change takes effect after at most this time. */
const keptMs = 5_000;

const kept = new WeakMap<Pool, { readonly until: number; readonly mode: Promise<string> }>();

/** The `sql_mode` of new sessions, cached for each pool. @throws {MillraceError} DATABASE_… */
export function serverSqlMode(pool: Pool): Promise<string> {
  const known = kept.get(pool);
  if (known !== undefined && performance.now() < known.until) return known.mode;
  const mode = askSqlMode(pool);
  kept.set(pool, { until: performance.now() + keptMs, mode });
  mode.catch(() => kept.delete(pool));
  return mode;
}

async function askSqlMode(pool: Pool): Promise<string> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT @@GLOBAL.sql_mode AS mode');
  return rows[0]?.mode ?? '';
}
