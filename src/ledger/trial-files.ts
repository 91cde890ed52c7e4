import type { RowDataPacket } from 'mysql2/promise';
import { withReconnect } from '../datasource/pool.ts';
import { tablesOf } from './tables.ts';
import type { TrialPlace } from './trials.ts';

/** Maximum size of a chunk, in bytes. */
const largestChunk = 4 * 2 ** 20;

/** Bytes of a packet besides the chunk. */
const packetRest = 64 * 1024;

/**
 * Stores a file of a search under its digest, for trainers on other machines. Safe to repeat, and beside others who store the same.
 * @param read gives bytes of the file
 */
export async function storeTrialFile(
  place: TrialPlace,
  { digest, size: bytes }: { readonly digest: string; readonly size: number },
  read: (start: number, length: number) => Promise<Buffer>,
): Promise<void> {
  const { pool, schema, statement, step } = place;
  const [[packet]] = await withReconnect(() => pool.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes'));
  const size = Math.max(1024, Math.min(largestChunk, Number(packet?.bytes) - packetRest));
  const chunks = Math.max(1, Math.ceil(bytes / size));
  for (let number = 0; number < chunks; number++) {
    const chunk = await read(number * size, Math.min(size, bytes - number * size));
    // A prepared statement sends the bytes as they are; escaped, they would take more than a packet.
    await withReconnect(() =>
      pool.execute(
        `INSERT IGNORE INTO ${tablesOf(schema)('trial_files')} (statement_id, step, digest, chunk_no, chunks, bytes)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [statement, step, digest, number, chunks, chunk],
      ),
    );
  }
}

/**
 * Reads a file in chunks, in their order.
 * @returns false if it is not complete there
 */
export async function readTrialFile(
  place: TrialPlace,
  digest: string,
  take: (chunk: Buffer) => Promise<unknown>,
): Promise<boolean> {
  const { pool, schema, statement, step } = place;
  for (let [number, chunks] = [0, 1]; number < chunks; number++) {
    const [[row]] = await withReconnect(() =>
      pool.execute<RowDataPacket[]>(
        `SELECT chunks, bytes FROM ${tablesOf(schema)('trial_files')}
         WHERE statement_id = ? AND step = ? AND digest = ? AND chunk_no = ?`,
        [statement, step, digest, number],
      ),
    );
    if (row === undefined) return false;
    chunks = row.chunks;
    await take(row.bytes);
  }
  return true;
}

/** @param digest null: all files of the search */
export async function removeTrialFiles(place: TrialPlace, digest: string | null): Promise<void> {
  const { pool, schema, statement, step } = place;
  await withReconnect(() =>
    pool.query(
      `DELETE FROM ${tablesOf(schema)('trial_files')} WHERE statement_id = ? AND step = ? ${digest === null ? '' : 'AND digest = ?'}`,
      [statement, step, ...(digest === null ? [] : [digest])],
    ),
  );
}
