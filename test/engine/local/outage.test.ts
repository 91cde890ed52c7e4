import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../../src/datasource/file-lock.ts';
import { startPrivateServer, stopPrivateServer } from '../../../src/datasource/private-server.ts';
import { openSession } from '../../../src/service/session.ts';
import type { DatabaseServer } from '../../database-servers.ts';
import { mounted } from '../../mounted.ts';
import { slowRows } from '../../slow-rows.ts';
import { detect, ended, rowsDone, statusWhen, submit, useSession } from '../../use-session.ts';

const outageMs = 10_000;

describe('on a database of its own', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-outage-'));
  });
  afterAll(async () => {
    await stopPrivateServer(folder);
    await rm(folder, { recursive: true });
  });

  describe('a statement', () => {
    const server: DatabaseServer = { name: 'MariaDB', start: async () => (await startPrivateServer(folder)).dsn };
    const test = useSession(server);

    it('waits while the database is unreachable for ten seconds, and continues', async () => {
      await slowRows(test.database, 0.5);
      const id = await submit(test.session, detect(40, 'patient', 'partitions = 2, commit_rows = 1, retries = 0'));
      await statusWhen(test.session, id, (status) => rowsDone(status) > 0);
      const watched = ended(test.session, id);
      const pid = Number(await readFile(join(folder, 'mariadb.pid'), 'utf8'));
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 20_000 });
      await sleep(outageMs);
      await startPrivateServer(folder);
      const status = await watched;
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      expect(rowsDone(status)).toBe(40);
      expect(status.steps[0]?.partitions.map(({ attempts }) => attempts)).toEqual([1, 1]);
      const [ledger] = await test.query(
        `SELECT COUNT(*) AS n, SUM(outputs) AS found FROM ${test.config.schema}.ledger`,
      );
      const [found] = await test.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS images FROM patient');
      expect({ rows: ledger?.n, found: ledger?.found }).toEqual({ rows: '40', found: found?.n });
      expect(found?.images).toBe('40');
    });

    it('reports a full disk, keeps completed work, and continues once there is room', async ({
      skip,
      onTestFinished,
    }) => {
      const { dsn } = await startPrivateServer(folder);
      const schema = 'small';
      await test.database.admin.query(`CREATE DATABASE ${schema}`);
      const disk = join(folder, 'data', schema);
      // MariaDB 10.11 aborts if its undo log finds no space, so only the tables' folder is small.
      skip(!mounted(['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]), 'needs root and the right to mount');
      onTestFinished(() => void execFileSync('/bin/umount', ['--lazy', disk]));
      const session = await openSession({ ...test.config, dsn, systemDsn: null, schema }, () => {});
      onTestFinished(() => session.close());

      const { name } = test.database;
      const select = `SELECT *, REPEAT('x', 100000) AS pad FROM ${name}.shot WHERE id <= 40`;
      const text = detect(1, `${schema}.heavy`, 'partitions = 2, commit_rows = 2').replace(/SELECT .*/, select);
      const id = await submit(session, text);
      const failed = await ended(session, id);
      expect(failed).toMatchObject({
        state: 'failed',
        error: {
          code: 'DATABASE_FULL',
          message: expect.stringMatching(/^the database is out of space: The table 'result_[0-9a-f]{32}' is full$/),
          hint: 'free up space where the database keeps its data, then run the statement again',
        },
      });
      expect(rowsDone(failed)).toBeGreaterThan(0);
      const [published] = await test.database.admin.query(`SHOW TABLES FROM ${schema} LIKE 'heavy'`);
      expect(published).toEqual([]);

      mounted(['-o', 'remount,size=400m', disk]);
      await session.engine.retry(id);
      const status = await ended(session, id);
      expect(status).toMatchObject({ state: 'succeeded', error: null });
      expect(rowsDone(status)).toBe(40);
      const [rows] = await test.database.admin.query(
        `SELECT COUNT(DISTINCT id) AS n, MIN(LENGTH(pad)) AS pad FROM ${schema}.heavy`,
      );
      expect(rows).toEqual([{ n: '40', pad: '100000' }]);
    });
  });
});
