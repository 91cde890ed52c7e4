import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/engine/engine.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, submissionOf, submit, useSession } from '../../use-session.ts';
import { workersOf } from '../../workers.ts';

describe('partitions that the processes of the local engine draw', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const logsOf = async (id: string) => {
    const lines: LogLine[] = [];
    for await (const line of test.session.engine.logs(id)) lines.push(line);
    return lines;
  };

  it('give the rows of one partition; each process loads the model once', async () => {
    const id = await submit(test.session, detect(60, 'drawn', 'partitions = 30, pods = 8'));
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'succeeded', steps: [{ rows: 60 }] });
    expect(status.steps[0]!.partitions.map(({ state, done, attempts }) => [state, done, attempts])).toEqual(
      new Array(30).fill(['done', 2, 1]),
    );
    const lines = await logsOf(id);
    const workers = new Set(lines.map(({ source }) => source).filter((source) => source.startsWith('worker')));
    expect(workers.size).toBe(Math.min(8, availableParallelism()));
    expect(lines.filter(({ text }) => text.includes('"program open"')).length).toBeLessThanOrEqual(workers.size);
    await ended(test.session, await submit(test.session, detect(60, 'whole', 'partitions = 1')));
    const rowsOf = (table: string) => test.query(`SELECT * FROM ${table} ORDER BY id, detection_no`);
    expect(await rowsOf('drawn')).toEqual(await rowsOf('whole'));
  });

  it('are not begun if the selection fails: processes that have started beside it end without a word', async () => {
    const submission = await submissionOf(test.session, detect(4, 'taken_meanwhile', 'partitions = 4'));
    await test.query('CREATE TABLE taken_meanwhile (id INT)');
    await test.session.engine.submit(submission);
    const status = await ended(test.session, submission.id);
    expect(status).toMatchObject({ state: 'failed', error: { code: 'TABLE_EXISTS' } });
    expect(await workersOf(process.pid)).toEqual([]);
    expect(new Set((await logsOf(submission.id)).map(({ source }) => source))).toEqual(new Set(['prepare']));
  });
});
