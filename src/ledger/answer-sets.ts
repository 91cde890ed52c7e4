import { createHash } from 'node:crypto';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { AnswerKey } from '../answer-store.ts';
import { transaction } from '../datasource/pool.ts';
import { version } from '../version.ts';
import { tablesOf } from './tables.ts';

/** A model with the settings on which its answers depend. Another release of Millrace may decode or suppress in another way. */
type SetKey = Omit<AnswerKey, 'imageDigest'>;

/** Names a set within a process. */
export function setName({ modelDigest, width, height, iou, settings }: SetKey): string {
  return JSON.stringify([version, modelDigest, width, height, iou, settings]);
}

/** @returns the id of the set; null if there is none and it is not to be added */
export async function findSet(pool: Pool, schema: string, key: SetKey, add: boolean): Promise<number | null> {
  const sets = tablesOf(schema)('answer_sets');
  const digest = createHash('sha256').update(setName(key)).digest();
  const find = async () => {
    const [[found]] = await pool.query<RowDataPacket[]>(`SELECT id FROM ${sets} WHERE digest = ?`, [digest]);
    return found === undefined ? null : Number(found.id);
  };
  const known = await find();
  if (known !== null || !add) return known;
  const { modelDigest, width, height, iou, settings } = key;
  await pool.query(
    `INSERT IGNORE INTO ${sets} (digest, release_name, model_digest, width, height, iou, settings) VALUES (?)`,
    [[digest, version, modelDigest, width, height, iou, settings]],
  );
  return find();
}

export interface AnswerCounts {
  readonly stored: number;
  readonly reused: number;
}

export async function countAnswers(pool: Pool, schema: string, set: number, counts: AnswerCounts): Promise<void> {
  await pool.query(
    `UPDATE ${tablesOf(schema)('answer_sets')} SET stored_count = stored_count + ?, reused_count = reused_count + ?, used_at = NOW(6) WHERE id = ?`,
    [counts.stored, counts.reused, set],
  );
}

/** Deletes sets without answers that were used before a time; their counts stay in the sums. @param olderThan as of `purge` */
export async function purgeSets(pool: Pool, schema: string, olderThan: string): Promise<void> {
  const table = tablesOf(schema);
  const unused = `used_at < ? AND NOT EXISTS (SELECT 1 FROM ${table('answers')} AS a WHERE a.set_id = s.id)`;
  await transaction(pool, async (connection) => {
    const [sets] = await connection.query<RowDataPacket[]>(
      `SELECT s.id, s.stored_count, s.reused_count FROM ${table('answer_sets')} AS s WHERE ${unused} FOR UPDATE`,
      [olderThan],
    );
    if (sets.length === 0) return;
    const sum = (name: 'stored_count' | 'reused_count') =>
      sets.reduce((total, set) => total + BigInt(set[name]), 0n).toString();
    await connection.query(
      `INSERT INTO ${table('purged_answers')} (only_row, stored_count, reused_count) VALUES (1, ?, ?)
       ON DUPLICATE KEY UPDATE stored_count = stored_count + VALUES(stored_count), reused_count = reused_count + VALUES(reused_count)`,
      [sum('stored_count'), sum('reused_count')],
    );
    await connection.query(`DELETE FROM ${table('answer_sets')} WHERE id IN (?)`, [sets.map(({ id }) => id)]);
  });
}
