import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Config } from '../src/config.ts';
import type { StatementStatus, Submission } from '../src/ledger/statement-status.ts';
import type { Plan } from '../src/plan/plan.ts';
import { openSession, type Session } from '../src/service/session.ts';
import { type TestDatabase, useDatabase } from './database.ts';
import type { DatabaseServer } from './database-servers.ts';
import { type Pictures, scenes, usePictures } from './pictures.ts';

/** The local engine, with a separate database, pictures and state folder for each test file. */
export interface TestSession {
  readonly database: TestDatabase;
  readonly pictures: Pictures;
  readonly config: Config;
  /** The session of one process. */
  readonly session: Session;
  /** The session of another process. It is closed after the tests. */
  another(): Promise<Session>;
  query(sql: string, values?: unknown[]): Promise<RowDataPacket[]>;
}

export function useSession(server: DatabaseServer): TestSession {
  const database = useDatabase(server);
  const pictures = usePictures();
  const opened: Session[] = [];
  const test = { database, pictures } as { -readonly [key in keyof TestSession]: TestSession[key] };
  test.query = async (sql, values = []) => (await database.pool.query<RowDataPacket[]>(sql, values))[0];
  test.another = async () => {
    const session = await openSession(test.config, () => {});
    opened.push(session);
    return session;
  };
  beforeAll(async () => {
    const stateFolder = join(inject('serversFolder'), 'state', randomUUID());
    test.config = {
      engine: 'local',
      dsn: database.accounts.dsn,
      systemDsn: database.accounts.systemDsn,
      readerDsn: null,
      schema: database.systemSchema,
      stateFolder,
      volumes: pictures.volumes,
    };
    test.session = await test.another();
    await database.pool.query('CREATE TABLE shot (id INT PRIMARY KEY, file_name VARCHAR(50))');
    const rows = Array.from({ length: 3000 }, (_, index) => [index + 1, scenes[index % scenes.length]]);
    await database.pool.query('INSERT INTO shot VALUES ?', [rows]);
  });
  afterAll(async () => {
    for (const session of opened) await session.close();
    if (test.config) await rm(test.config.stateFolder, { recursive: true, force: true });
  });
  return test;
}

/** A statement over the first rows of `shot`. Its pictures keep their own size, which takes a third of the time. */
export function detect(rows: number, into: string, attributes = 'partitions = 1'): string {
  return `SELECT * FROM shot ORDER BY id LIMIT ${rows}
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160"
WITH ${attributes}
INTO ${into};`;
}

export async function planOf(session: Session, text: string): Promise<Plan> {
  return session.plan(await session.parse(text), { user: 'test', isAdmin: true });
}

export async function submissionOf(session: Session, text: string): Promise<Submission> {
  const program = await session.parse(text);
  return session.submission(program, await session.plan(program, { user: 'test', isAdmin: true }));
}

/** Starts a program. @returns the statement's id */
export async function submit(session: Session, text: string): Promise<string> {
  const submission = await submissionOf(session, text);
  await session.engine.submit(submission);
  return submission.id;
}

/** The first status for which `test` is true, or the last. */
export async function statusWhen(
  { engine }: Session,
  id: string,
  test: (status: StatementStatus) => boolean,
): Promise<StatementStatus> {
  let last: StatementStatus | undefined;
  for await (const status of engine.events(id)) {
    last = status;
    if (test(status)) break;
  }
  return last!;
}

export function ended(session: Session, id: string): Promise<StatementStatus> {
  return statusWhen(session, id, () => false);
}

export function rowsDone({ steps }: StatementStatus): number {
  return steps.flatMap(({ partitions }) => partitions).reduce((sum, { done }) => sum + done, 0);
}
