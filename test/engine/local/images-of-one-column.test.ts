import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mariadb } from '../../database.ts';
import { ended, submit, useSession } from '../../use-session.ts';

describe('images of one column', () => {
  const test = useSession(mariadb);
  afterEach(() => vi.unstubAllEnvs());

  it('are paths, URLs and bytes, without --image_dir; one that fails fails its row only', async () => {
    const scene = await readFile(join(test.pictures.folder, 'scene-1.jpg'));
    const server = createServer(({ url }, response) => {
      if (url === '/scene-1.jpg?signature=secret') response.end(scene);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // The workers inherit it.
    vi.stubEnv('MILLRACE_IMAGE_URLS', 'public,127.0.0.0/8');
    await test.query('CREATE TABLE mixed (id INT PRIMARY KEY, image LONGBLOB)');
    const values = [
      scene,
      '/datasets/scene-1.jpg',
      `${url}/scene-1.jpg?signature=secret`,
      `${url}/gone.jpg?signature=secret`,
      'scene-1.jpg',
    ];
    for (const [id, value] of values.entries()) await test.query('INSERT INTO mixed VALUES (?, ?)', [id, value]);
    const id = await submit(
      test.session,
      `SELECT * FROM mixed ORDER BY id TO RUN millrace/worker CMD "detect", "--model=demo"
WITH partitions = 2, max_failed_rows = 1 INTO mixed_found`,
    );
    const status = await ended(test.session, id);
    expect(status.error?.message).toContain(
      `2 of 5 rows failed; max_failed_rows allows 1; row 4: IMAGE_MISSING, the server has no such image (404): ${url}/gone.jpg?…; row 5: IMAGE_MISSING, a relative path, and no --image_dir is given: scene-1.jpg`,
    );
    await test.query('UPDATE mixed SET image = ? WHERE id > 2', [scene]);
    const again = await submit(
      test.session,
      `SELECT * FROM mixed ORDER BY id TO RUN millrace/worker CMD "detect", "--model=demo"
WITH partitions = 2 INTO mixed_found`,
    );
    expect((await ended(test.session, again)).state).toBe('succeeded');
    server.close().closeAllConnections();
    const counted = await test.query('SELECT id, COUNT(*) AS n, SUM(x1) AS x FROM mixed_found GROUP BY id ORDER BY id');
    expect(counted.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(counted.map(({ n, x }) => `${n} ${x}`)).size).toBe(1);
  });
});
