import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { mariadb } from '../../database.ts';
import { detect, ended, submit, useSession } from '../../use-session.ts';

describe('a statement with more partitions than rows', () => {
  const test = useSession(mariadb);

  it.each([
    [3, 3],
    [0, 0],
  ])('of %i rows has %i partitions, and at most as many workers', async (rows, partitions) => {
    const id = await submit(test.session, detect(rows, `few_${rows}`, 'partitions = 40'));
    const status = await ended(test.session, id);
    expect(status).toMatchObject({ state: 'succeeded', steps: [{ state: 'succeeded', rows }] });
    expect(status.steps[0]?.partitions.map(({ done, state }) => [done, state])).toEqual(
      new Array(partitions).fill([1, 'done']),
    );
    const sources = new Set<string>();
    for await (const { source } of test.session.engine.logs(id)) sources.add(source);
    const workers = Math.min(partitions, availableParallelism());
    expect([...sources].filter((source) => source.startsWith('worker')).length).toBe(workers);
    const [counted] = await test.query(`SELECT COUNT(DISTINCT id) AS n FROM few_${rows}`);
    expect(counted).toEqual({ n: String(rows) });
  });

  it('restarts only the partitions that have rows left', async () => {
    const id = await submit(
      test.session,
      `SELECT 1 AS id, 'scene-1.jpg' AS file_name UNION ALL SELECT 2, 'gone.jpg'
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" WITH partitions = 2, write_mode = 'overwrite' INTO few_left`,
    );
    expect((await ended(test.session, id)).error?.code).toBe('ROWS_FAILED');
    await test.session.engine.retry(id);
    const status = await ended(test.session, id);
    expect(status.steps[0]?.partitions.map(({ attempts }) => attempts)).toEqual([1, 2]);
  });
});
