import { quoteTable } from '../src/datasource/identifiers.ts';
import type { TestDatabase } from './database.ts';

/**
 * From now on the database waits this long for each row that a worker writes: a statement of few rows can then be disturbed in the
 * middle, on a machine of any speed. 0: it does not wait.
 */
export async function slowRows({ admin, systemSchema: database }: TestDatabase, seconds: number): Promise<void> {
  const trigger = quoteTable({ database, table: 'slow_rows' });
  await admin.query(`DROP TRIGGER IF EXISTS ${trigger}`);
  if (seconds === 0) return;
  const ledger = quoteTable({ database, table: 'ledger' });
  await admin.query(`CREATE TRIGGER ${trigger} BEFORE INSERT ON ${ledger} FOR EACH ROW SET @slept = SLEEP(${seconds})`);
}
