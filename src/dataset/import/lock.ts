import { createHash } from 'node:crypto';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';

/** Time for the database to notice that a killed import's connection has ended. */
const lockSeconds = 3;

/** Takes a lock that ends with the connection. @throws {MillraceError} DATASET_BUSY with the message `busy` */
export async function lock(connection: PoolConnection, subject: string, busy: string): Promise<void> {
  // MySQL's names of locks have at most 64 characters.
  const name = `millrace dataset ${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`;
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS taken', [name, lockSeconds]);
  if (Number(row?.taken) !== 1) throw new MillraceError('DATASET_BUSY', busy);
}

/** Runs `work` while no other import of this database's users fills the same folder. @throws {MillraceError} DATASET_BUSY */
export async function whileFilling<T>(pool: Pool, folder: string, work: () => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await lock(connection, `folder ${folder}`, `another import is filling ${folder}`);
    return await work();
  } finally {
    connection.destroy();
  }
}
