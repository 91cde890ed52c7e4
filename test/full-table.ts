import { quoteTable } from '../src/datasource/identifiers.ts';
import type { TestDatabase } from './database.ts';

/**
 * A stand-in for a full disk: the server refuses rows of a table with the error of one. MariaDB 10.11 ends itself if a large value finds no
 * room on a real one.
 *
 * @param condition of the refused rows
 * @returns the trigger; the table has room again once it is dropped
 */
export async function fullTable(
  { admin, systemSchema: database }: TestDatabase,
  table: string,
  condition = 'TRUE',
): Promise<string> {
  const trigger = quoteTable({ database, table: `full_${table}` });
  // https://mariadb.com/kb/en/mariadb-error-codes/: 1114 is ER_RECORD_FILE_FULL.
  await admin.query(`CREATE TRIGGER ${trigger} BEFORE INSERT ON ${quoteTable({ database, table })} FOR EACH ROW
    IF ${condition} THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table ''${table}'' is full'; END IF`);
  return trigger;
}
