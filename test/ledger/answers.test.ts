import { createHash } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnswerKey, StoredAnswer } from '../../src/answer-store.ts';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { openAnswerStore } from '../../src/ledger/answers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { purge } from '../../src/ledger/purge.ts';
import { servers, useDatabase } from '../database.ts';

const log = { warn: expect.unreachable };
const digest = (text: string | number) => createHash('sha256').update(String(text)).digest('hex');
const keyOf = (picture: number, changes: Partial<AnswerKey> = {}): AnswerKey => ({
  modelDigest: digest('model'),
  imageDigest: digest(picture),
  width: 320,
  height: 320,
  iou: 0.7,
  settings: '{}',
  ...changes,
});
const pictures = (count: number) => Array.from({ length: count }, (_, index) => keyOf(index));
/** Of class 7, one object; of class 300, as many as the number says. */
const answerOf = (picture: number, floor = 0.05): StoredAnswer => ({
  floor,
  scores: new Map([
    [7, [Math.fround(0.9)]],
    [300, Array.from({ length: 1 + (picture % 5) }, (_, index) => Math.fround(0.8 - index / 10))],
  ]),
});

describe.each(servers)('stored answers on $name', (server) => {
  const database = useDatabase(server);
  const table = (name: string) => quoteTable({ database: database.systemSchema, table: name });
  const open = (options: { readonly most?: number } = {}) =>
    openAnswerStore(database.pool, database.systemSchema, { log, ...options });
  const count = async (name: string) => {
    const [[row]] = await database.pool.query<RowDataPacket[]>(`SELECT COUNT(*) AS n FROM ${table(name)}`);
    return Number(row?.n);
  };

  beforeEach(async () => {
    await migrate(database.pool, database.systemSchema);
    for (const name of ['answers', 'answer_sets', 'purged_answers'])
      await database.pool.query(`TRUNCATE ${table(name)}`);
  });

  it('are read back by another worker as they were, in the order of the keys, with null for those that are missing', async () => {
    const entries = pictures(1200).map((key, index) => ({ key, answer: answerOf(index) }));
    await open().write(entries);
    const keys = [keyOf(5000), ...pictures(1200).toReversed()];
    expect(await open().read(keys, 0.25)).toEqual([null, ...entries.toReversed().map(({ answer }) => answer)]);
    expect(await open().read([], 0.25)).toEqual([]);
  });

  it('say that a picture shows nothing', async () => {
    const nothing = { floor: 0.05, scores: new Map() };
    await open().write([{ key: keyOf(1), answer: nothing }]);
    expect(await open().read([keyOf(1)], 0.05)).toEqual([nothing]);
  });

  it.each([
    ['model', { modelDigest: digest('other') }],
    ['width', { width: 640 }],
    ['height', { height: 640 }],
    ['iou', { iou: 0.5 }],
    ['iou of a model that suppresses nothing', { iou: null }],
    ['setting', { settings: '{"max_detections":10}' }],
    ['picture', { imageDigest: digest('other') }],
  ])('are not those of another %s', async (_, changes) => {
    const [one, other] = [keyOf(1), keyOf(1, changes)];
    const answers = open();
    await answers.write([{ key: one, answer: answerOf(1) }]);
    expect(await answers.read([other, one], 0.25)).toEqual([null, answerOf(1)]);
    await answers.write([{ key: other, answer: answerOf(2) }]);
    expect(await answers.read([other, one], 0.25)).toEqual([answerOf(2), answerOf(1)]);
  });

  it('answer every confidence from their floor up; a lower floor replaces a higher one, and not the other way', async () => {
    const answers = open();
    await answers.write([{ key: keyOf(1), answer: answerOf(1, 0.3) }]);
    expect(await answers.read([keyOf(1)], 0.3)).toEqual([answerOf(1, 0.3)]);
    expect(await answers.read([keyOf(1)], 0.29)).toEqual([null]);
    await answers.write([{ key: keyOf(1), answer: answerOf(2, 0.1) }]);
    await answers.write([{ key: keyOf(1), answer: answerOf(3, 0.2) }]);
    expect(await answers.read([keyOf(1)], 0.3)).toEqual([answerOf(2, 0.1)]);
  });

  it('are stored once by workers that write the same pictures at once, in any order', async () => {
    const entries = pictures(400).map((key, index) => ({ key, answer: answerOf(index) }));
    const orders = [entries, entries.toReversed(), entries, [...entries, ...entries]];
    await Promise.all(orders.map((order) => open().write(order)));
    expect(await count('answers')).toBe(400);
    expect(await count('answer_sets')).toBe(1);
    expect(await open().read(pictures(400), 0.25)).toEqual(entries.map(({ answer }) => answer));
  });

  it('are limited in number: the oldest are deleted for new ones', async () => {
    const answers = open({ most: 100 });
    const entries = pictures(250).map((key, index) => ({ key, answer: answerOf(index) }));
    for (let start = 0; start < 250; start += 10) await answers.write(entries.slice(start, start + 10));
    expect(await count('answers')).toBe(100);
    const left = await answers.read(pictures(250), 0.25);
    expect(left.map((answer) => answer !== null)).toEqual(pictures(250).map((_, index) => index >= 150));
  });

  it('that are larger than a row may be are not stored', async () => {
    const large = { floor: 0, scores: new Map([[1, Array.from({ length: 20_000 }, () => 0.5)]]) };
    await open().write([
      { key: keyOf(1), answer: large },
      { key: keyOf(2), answer: answerOf(2) },
    ]);
    expect(await open().read([keyOf(1), keyOf(2)], 0.25)).toEqual([null, answerOf(2)]);
  });

  it('are deleted as old as statements are, and their models with them', async () => {
    const { pool, systemSchema } = database;
    const entries = pictures(6000).map((key, index) => ({ key, answer: answerOf(index) }));
    await open().write(entries);
    await pool.query(`UPDATE ${table('answers')} SET stored_at = '2026-01-01' WHERE id <= 5500`);
    expect(await purge(pool, systemSchema, '2026-01-02 00:00:00')).toBe(0);
    expect(await count('answers')).toBe(500);
    expect(await count('answer_sets')).toBe(1);
    await Promise.all([1, 2].map(() => purge(pool, systemSchema, '2100-01-01 00:00:00')));
    expect([await count('answers'), await count('answer_sets')]).toEqual([0, 0]);
  });

  it('are written again after their model was purged under a worker', async () => {
    const answers = open();
    await answers.write([{ key: keyOf(1), answer: answerOf(1) }]);
    await purge(database.pool, database.systemSchema, '2100-01-01 00:00:00');
    await answers.write([{ key: keyOf(2), answer: answerOf(2) }]);
    expect(await answers.read([keyOf(1), keyOf(2)], 0.25)).toEqual([null, answerOf(2)]);
  });

  it('are counted', async () => {
    const answers = open();
    await answers.write(pictures(5).map((key, index) => ({ key, answer: answerOf(index) })));
    await answers.read(pictures(10), 0.25);
    await answers.read(pictures(10), 0.01);
    await answers.close();
    const [rows] = await database.pool.query(`SELECT stored_count, reused_count FROM ${table('answer_sets')}`);
    expect(rows).toEqual([{ stored_count: '5', reused_count: '5' }]);
  });

  it('need no rights but those of the account of the system schema', async () => {
    const pool = openPool(parseDsn(database.accounts.systemDsn!), { connections: 1 });
    const answers = openAnswerStore(pool, database.systemSchema, { log });
    await answers.write([{ key: keyOf(1), answer: answerOf(1) }]);
    expect(await answers.read([keyOf(1)], 0.25)).toEqual([answerOf(1)]);
    await answers.close();
    await pool.end();
  });

  it('that cannot be read or written are no failure: it is logged once, and the model is asked', async () => {
    const warn = vi.fn();
    const answers = openAnswerStore(database.pool, 'no_such_schema', { log: { warn } });
    await answers.write([{ key: keyOf(1), answer: answerOf(1) }]);
    expect(await answers.read([keyOf(1), keyOf(2)], 0.25)).toEqual([null, null]);
    await answers.close();
    expect(warn.mock.calls.map(([, message]) => message)).toEqual(['stored answers cannot be used']);
  });
});
