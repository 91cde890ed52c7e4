import type { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { BaseLogger } from 'pino';
import type { AnswerEntry, AnswerKey, AnswerStore, StoredAnswer } from '../answer-store.ts';
import { withReconnect } from '../datasource/pool.ts';
import { errorRecord } from '../errors.ts';
import { packScores, unpackScores } from './answer-bytes.ts';
import { type AnswerCounts, countAnswers, findSet, setName } from './answer-sets.ts';
import { tablesOf } from './tables.ts';

/** Maximum number of stored answers: about 2 GB. The oldest are deleted for new ones. */
const mostAnswers = 10_000_000;

/** Keys of one SELECT. MariaDB converts lists of 1000 values into a table, which it then joins in any order. */
const readBatch = 500;

/** Bytes of one INSERT: every server allows packets of at least 1 MiB. */
const writeBytes = 256 * 1024;

/** Maximum bytes of one answer: a BLOB has 64 KiB. */
const largestAnswer = 60_000;

/** Time between two updates of the counts. */
const countMs = 1000;

interface OpenAnswerStore extends AnswerStore {
  /** Stores the last counts. */
  close(): Promise<void>;
}

interface Options {
  readonly log: Pick<BaseLogger, 'warn'>;
  readonly signal?: AbortSignal;
  /** Maximum number of answers to keep. */
  readonly most?: number;
}

/**
 * Answers in the system schema. Any number of workers may read and write the same answers at once. A failure is logged, and the models
 * are asked instead: the statement does not depend on stored answers.
 */
export function openAnswerStore(
  pool: Pool,
  schema: string,
  { log, signal, most = mostAnswers }: Options,
): OpenAnswerStore {
  const answers = tablesOf(schema)('answers');
  const retry = <T>(work: () => Promise<T>) => withReconnect(work, signal === undefined ? {} : { signal });
  const setIds = new Map<string, number>();
  const counts = new Map<number, AnswerCounts>();
  let countedAt = performance.now();

  async function setOf(key: AnswerKey, add: boolean): Promise<number | null> {
    const name = setName(key);
    const known = setIds.get(name);
    if (known !== undefined) return known;
    const id = await retry(() => findSet(pool, schema, key, add));
    if (id !== null) setIds.set(name, id);
    return id;
  }

  async function readSet(keys: readonly AnswerKey[], confidence: number): Promise<ReadonlyMap<string, StoredAnswer>> {
    const set = await setOf(keys[0]!, false);
    const found = new Map<string, StoredAnswer>();
    if (set === null) return found;
    for (const part of parts(keys, () => 1, readBatch)) {
      const [rows] = await retry(() =>
        pool.query<RowDataPacket[]>(
          `SELECT image, floor, scores FROM ${answers} WHERE set_id = ? AND image IN (?) AND floor <= ?`,
          [set, part.map(({ imageDigest }) => Buffer.from(imageDigest, 'hex')), confidence],
        ),
      );
      for (const { image, floor, scores } of rows) {
        found.set(image.toString('hex'), { floor, scores: unpackScores(scores) });
      }
    }
    await count(set, { stored: 0, reused: found.size });
    return found;
  }

  async function writeSet(entries: readonly AnswerEntry[]): Promise<void> {
    const set = (await setOf(entries[0]!.key, true))!;
    // Writers that store the same answers at once lock them in the same order.
    const rows = entries
      .map(
        ({ key, answer }) =>
          [set, Buffer.from(key.imageDigest, 'hex'), answer.floor, packScores(answer.scores)] as const,
      )
      .filter(([, , , scores]) => scores.length <= largestAnswer)
      .toSorted(([, a], [, b]) => a.compare(b));
    for (const part of parts(rows, ([, , , scores]) => 2 * scores.length + 128, writeBytes)) {
      const [{ insertId }] = await retry(() =>
        pool.query<ResultSetHeader>(
          `INSERT INTO ${answers} (set_id, image, floor, scores) VALUES ?
           ON DUPLICATE KEY UPDATE scores = IF(VALUES(floor) < floor, VALUES(scores), scores), floor = LEAST(floor, VALUES(floor))`,
          [part],
        ),
      );
      await trim(insertId + part.length - 1 - most, 2 * part.length);
    }
    await count(set, { stored: rows.length, reused: 0 });
  }

  /** Deletes at most twice as many of the oldest answers as were added, so that no single write takes long. */
  async function trim(lastId: number, limit: number): Promise<void> {
    if (lastId <= 0) return;
    await retry(() => pool.query(`DELETE FROM ${answers} WHERE id <= ? ORDER BY id LIMIT ?`, [lastId, limit]));
  }

  async function count(set: number, { stored, reused }: AnswerCounts): Promise<void> {
    const before = counts.get(set) ?? { stored: 0, reused: 0 };
    counts.set(set, { stored: before.stored + stored, reused: before.reused + reused });
    if (performance.now() - countedAt > countMs) await storeCounts();
  }

  async function storeCounts(): Promise<void> {
    countedAt = performance.now();
    const pending = [...counts];
    counts.clear();
    for (const [set, added] of pending) await retry(() => countAnswers(pool, schema, set, added));
  }

  let isWarned = false;
  async function attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isWarned && !signal?.aborted) log.warn({ error: errorRecord(error) }, 'stored answers cannot be used');
      isWarned = true;
      return otherwise;
    }
  }

  return {
    read: (keys, confidence) =>
      attempt(
        async () => {
          const found = new Map<string, ReadonlyMap<string, StoredAnswer>>();
          for (const [name, own] of Map.groupBy(keys, setName)) found.set(name, await readSet(own, confidence));
          return keys.map((key) => found.get(setName(key))?.get(key.imageDigest) ?? null);
        },
        keys.map(() => null),
      ),
    write: (entries) =>
      attempt(async () => {
        for (const own of Map.groupBy(entries, ({ key }) => setName(key)).values()) await writeSet(own);
      }, undefined),
    close: () => attempt(storeCounts, undefined),
  };
}

/** Consecutive parts, each of at most a size. */
function* parts<T>(items: readonly T[], sizeOf: (item: T) => number, most: number): Generator<readonly T[]> {
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    if (part.length > 0 && size + own > most) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(item);
    size += own;
  }
  if (part.length > 0) yield part;
}

/** Number of answers that one transaction deletes. */
const purgeBatch = 5000;

/** Deletes answers that were stored before a time. @param olderThan as of `purge`. @returns how many */
export async function purgeAnswers(
  pool: Pool,
  schema: string,
  olderThan: string,
  signal?: AbortSignal,
): Promise<number> {
  const answers = tablesOf(schema)('answers');
  let purged = 0;
  while (!signal?.aborted) {
    // Only the start of the table is read: ids grow with time.
    const [[oldest]] = await pool.query<RowDataPacket[]>(
      `SELECT MAX(id) AS last FROM (SELECT id, stored_at FROM ${answers} ORDER BY id LIMIT ${purgeBatch}) AS o WHERE stored_at < ?`,
      [olderThan],
    );
    if (oldest?.last === null) return purged;
    const [deleted] = await pool.query<ResultSetHeader>(`DELETE FROM ${answers} WHERE id <= ? AND stored_at < ?`, [
      oldest?.last,
      olderThan,
    ]);
    purged += deleted.affectedRows;
    if (deleted.affectedRows < purgeBatch) return purged;
  }
  return purged;
}
