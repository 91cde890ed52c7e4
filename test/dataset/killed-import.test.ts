import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { exportCoco } from '../../src/dataset/export/export-dataset.ts';
import { millrace, start } from '../cli/millrace.ts';
import { servers, useDatabase } from '../database.ts';

/** Kills for each server; DATASET_KILLS=100 runs a campaign. */
const kills = Number(process.env.DATASET_KILLS ?? 2);

describe.each(servers)('an import into $name that is killed', { timeout: 60_000 + kills * 20_000 }, (server) => {
  const database = useDatabase(server);
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(inject('serversFolder'), 'killed-'));
    for (const [name, images] of [
      ['first', 200],
      ['second', 3000],
    ] as const)
      await writeFile(join(folder, name), JSON.stringify(instances(images)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const environment = () => ({
    MILLRACE_DATASOURCE: database.dsn,
    MILLRACE_SCHEMA: database.systemSchema,
    MILLRACE_STATE: folder,
  });
  const args = (name: string) =>
    ['dataset', 'import', 'coco', '--replace', '--annotations', join(folder, name), '--into', database.name] as const;
  const exported = async () => {
    const file = join(folder, 'exported.json');
    await rm(file, { force: true });
    await exportCoco(database.pool, { dataset: database.name, boxes: null }, file);
    return readFile(file, 'utf8');
  };
  /** Kills the command after a random number of lines of progress and a random time. */
  const kill = async () => {
    const { child, ended } = start(args('second'), environment());
    const after = Math.floor(Math.random() * 4);
    let lines = 0;
    const reading = createInterface({ input: child.stderr! });
    reading.on('line', () => {
      lines += 1;
      if (lines === after) setTimeout(() => child.kill('SIGKILL'), Math.random() * 150);
    });
    if (after === 0) setTimeout(() => child.kill('SIGKILL'), Math.random() * 400);
    await Promise.all([once(child, 'exit'), ended]);
  };

  it('leaves the old tables or the new ones, and the next run gives the new ones', async () => {
    expect((await millrace(args('second'), environment())).code).toBe(0);
    const second = await exported();
    for (let round = 0; round < kills; round++) {
      expect((await millrace(args('first'), environment())).code).toBe(0);
      const first = await exported();
      await kill();
      expect([first, second]).toContain(await exported());
      expect((await millrace(args('second'), environment())).code).toBe(0);
      expect(await exported()).toBe(second);
      const [tables] = await database.pool.query<RowDataPacket[]>('SHOW TABLES');
      expect(tables.map((row) => Object.values(row)[0]).sort()).toEqual([
        'annotations',
        'categories',
        'images',
        'info',
        'licenses',
      ]);
    }
  });
});

function instances(count: number): object {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return {
    info: { description: `${count} images` },
    images: ids.map((id) => ({ id, file_name: `${id}.jpg`, width: 640, height: 480 })),
    categories: [{ id: 1, name: 'thing' }],
    annotations: ids.flatMap((id) =>
      Array.from({ length: 10 }, (_, index) => ({
        id: id * 10 + index,
        image_id: id,
        category_id: 1,
        bbox: [index, 2.5, id / 8, 7],
      })),
    ),
  };
}
