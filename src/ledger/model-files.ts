import { createHash } from 'node:crypto';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { transaction, withReconnect } from '../datasource/pool.ts';
import { MillraceError } from '../errors.ts';
import { activeStates } from './statement-states.ts';
import { tablesOf } from './tables.ts';

/** Maximum size of a model in the database, in bytes. */
export const largestStoredModel = 256 * 2 ** 20;

/** Maximum size of a chunk, in bytes. */
const largestChunk = 4 * 2 ** 20;

/** Bytes of a packet besides the chunk. */
const packetRest = 64 * 1024;

/** A file that got no chunk for so long, or was not registered, was given up. */
const abandonedHours = 1;

export interface StoredFile {
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Stores a file in chunks under its digest, which becomes visible once it is complete. Does nothing if the database has it already.
 * Concurrent calls with the same file complete each other's work.
 *
 * @param read gives the bytes from the start of the file
 * @throws {MillraceError} MODEL_TOO_LARGE, MODEL_CHANGED if the bytes are not those of the digest, DATABASE_…
 */
export async function storeFile(
  pool: Pool,
  schema: string,
  { digest, size }: StoredFile,
  read: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  if (size > largestStoredModel) throw tooLarge(size);
  const table = tablesOf(schema);
  const chunkSize = await startFile(pool, schema, { digest, size });
  if (chunkSize === null) return;
  const hash = createHash('sha256');
  let stored = 0;
  let number = 0;
  for await (const chunk of inChunks(read(), chunkSize)) {
    hash.update(chunk);
    stored += chunk.length;
    // A prepared statement sends the bytes as they are; escaped, they would take more than a packet.
    await withReconnect(() =>
      pool.execute(`INSERT IGNORE INTO ${table('model_chunks')} (digest, chunk_no, bytes) VALUES (?, ?, ?)`, [
        digest,
        number,
        chunk,
      ]),
    );
    await withReconnect(() =>
      pool.query(`UPDATE ${table('model_files')} SET touched_at = NOW(6) WHERE digest = ?`, [digest]),
    );
    number++;
  }
  if (stored !== size || hash.digest('hex') !== digest) throw changedWhileRead();
  await withReconnect(() =>
    pool.query(`UPDATE ${table('model_files')} SET is_complete = TRUE WHERE digest = ?`, [digest]),
  );
}

/** @returns the size of its chunks; null if the file is complete */
function startFile(pool: Pool, schema: string, { digest, size }: StoredFile): Promise<number | null> {
  const files = tablesOf(schema)('model_files');
  return withReconnect(() =>
    transaction(pool, async (connection) => {
      const [[packet]] = await connection.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
      const fitting = Math.max(1024, Math.min(largestChunk, Number(packet?.bytes) - packetRest));
      await connection.query(
        `INSERT INTO ${files} (digest, size, chunk_size, is_complete, touched_at) VALUES (?, ?, ?, FALSE, NOW(6))
         ON DUPLICATE KEY UPDATE touched_at = NOW(6)`,
        [digest, size, fitting],
      );
      const [[file]] = await connection.query<RowDataPacket[]>(
        `SELECT chunk_size, is_complete FROM ${files} WHERE digest = ? FOR UPDATE`,
        [digest],
      );
      return Number(file!.is_complete) === 1 ? null : Number(file!.chunk_size);
    }),
  );
}

/** Pieces of equal size; the last may be smaller. */
async function* inChunks(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    pending.push(piece);
    length += piece.length;
    if (length < size) continue;
    const whole = Buffer.concat(pending);
    let start = 0;
    for (; length - start >= size; start += size) yield whole.subarray(start, start + size);
    pending = [whole.subarray(start)];
    length -= start;
  }
  if (length > 0) yield Buffer.concat(pending);
}

/**
 * The bytes of a complete file, one chunk after the other. The caller compares the digest.
 * @throws {MillraceError} MODEL_DROPPED if the database does not have it, or no longer; DATABASE_…
 */
export async function* readFile(pool: Pool, schema: string, digest: string): AsyncGenerator<Buffer> {
  const table = tablesOf(schema);
  const [[file]] = await withReconnect(() =>
    pool.query<RowDataPacket[]>(`SELECT size FROM ${table('model_files')} WHERE digest = ? AND is_complete`, [digest]),
  );
  if (file === undefined) throw dropped(digest);
  for (let [read, number] = [0, 0]; read < Number(file.size); number++) {
    const [[chunk]] = await withReconnect(() =>
      pool.execute<RowDataPacket[]>(`SELECT bytes FROM ${table('model_chunks')} WHERE digest = ? AND chunk_no = ?`, [
        digest,
        number,
      ]),
    );
    if (chunk === undefined) throw dropped(digest);
    read += chunk.bytes.length;
    yield chunk.bytes;
  }
}

/**
 * Deletes files that no version has and no unfinished statement needs, and those that were given up while they were being stored.
 * Safe beside others that store, read or sweep.
 * @param dropped the only files to look at, which have just lost a version; null: all that were stored some time ago
 * @returns the number of files
 */
export async function sweepFiles(
  pool: Pool,
  schema: string,
  dropped: readonly string[] | null = null,
): Promise<number> {
  const table = tablesOf(schema);
  const unused = `(is_complete AND NOT EXISTS (
      SELECT 1 FROM ${table('model_versions')} AS v WHERE v.digest = f.digest AND v.state = 'active' AND v.location = 'database')
    AND NOT EXISTS (SELECT 1 FROM ${table('statement_models')} AS u JOIN ${table('statements')} AS s ON s.id = u.statement_id
      WHERE u.digest = f.digest AND s.state IN (?)))
    OR (NOT is_complete AND touched_at < NOW(6) - INTERVAL ${abandonedHours} HOUR)`;
  const states = [...activeStates, 'interrupted'];
  const [files] =
    dropped?.length === 0
      ? [[]]
      : await pool.query<RowDataPacket[]>(
          `SELECT digest FROM ${table('model_files')} AS f WHERE (${unused}) AND ${dropped === null ? `touched_at < NOW(6) - INTERVAL ${abandonedHours} HOUR` : 'digest IN (?)'}`,
          [states, dropped],
        );
  let swept = 0;
  for (const { digest } of files) {
    const isSwept = await transaction(pool, async (connection) => {
      // With its row locked, nobody registers the file.
      await connection.query(`SELECT 1 FROM ${table('model_files')} WHERE digest = ? FOR UPDATE`, [digest]);
      const [still] = await connection.query<RowDataPacket[]>(
        `SELECT 1 FROM ${table('model_files')} AS f WHERE digest = ? AND (${unused})`,
        [digest, states],
      );
      if (still.length === 0) return false;
      await connection.query(`DELETE FROM ${table('model_files')} WHERE digest = ?`, [digest]);
      await connection.query(`DELETE FROM ${table('model_chunks')} WHERE digest = ?`, [digest]);
      return true;
    });
    if (isSwept) swept++;
  }
  return swept;
}

function tooLarge(size: number): MillraceError {
  const most = largestStoredModel / 2 ** 20;
  const message = `the model has ${Math.ceil(size / 2 ** 20)} MiB; the database stores models up to ${most} MiB`;
  return new MillraceError('MODEL_TOO_LARGE', message);
}

const changedWhileRead = () => new MillraceError('MODEL_CHANGED', 'the model file changed while it was read');

function dropped(digest: string): MillraceError {
  const message = `the model file with SHA-256 ${digest.slice(0, 12)}… is not in the database: the model was dropped`;
  return new MillraceError('MODEL_DROPPED', message);
}
