import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mariadb } from '../database.ts';
import type { Figures, Input } from '../evaluation/figures.ts';
import { useSession } from '../use-session.ts';
import { environmentOf, millrace } from './millrace.ts';

describe('millrace evaluate', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  const run = (...args: readonly string[]) => millrace(['evaluate', ...args], environmentOf(test));

  it('measures a table as pycocotools does, and draws it', async () => {
    const file = new URL('../evaluation/pycocotools.json', import.meta.url);
    const given: Input & Figures = JSON.parse(await readFile(file, 'utf8'));
    await test.query(
      'CREATE TABLE annotations (image_id INT, category_id INT, x DOUBLE, y DOUBLE, width DOUBLE, height DOUBLE, area DOUBLE, iscrowd INT)',
    );
    await test.query('INSERT INTO annotations VALUES ?', [given.annotations]);
    await test.query(
      'CREATE TABLE found (n INT AUTO_INCREMENT PRIMARY KEY, image_id INT, class_id INT, x DOUBLE, y DOUBLE, width DOUBLE, height DOUBLE, score DOUBLE)',
    );
    await test.query('INSERT INTO found (image_id, class_id, x, y, width, height, score) VALUES ?', [given.detections]);
    const svg = join(test.pictures.folder, 'curve.svg');
    const { code, stdout, stderr } = await run('found', 'annotations', '--json', '--plot', svg);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { figures } = JSON.parse(stdout);
    for (const [at, value] of Object.values(figures).entries()) expect(value).toBeCloseTo(given.stats[at]!, 9);
    expect(await readFile(svg, 'utf8')).toContain('Precision by recall: found');
    expect((await run('found', 'annotations')).stdout).toMatch(/AP50 +0\.245/);
  });

  describe('of classes', () => {
    /** By image the best classes, best first. The image 6 has no label, and the result does not have 5. */
    const best: Readonly<Record<number, readonly string[]>> = {
      1: ['cat', 'dog'],
      2: ['dog', 'cat'],
      3: ['cat', 'fox', 'owl', 'elk', 'bee', 'dog'],
      4: ['owl'],
      6: ['owl'],
    };
    const ids = ['cat', 'dog', 'fox', 'owl', 'elk', 'bee'];
    const measured = {
      ...{ images: 5, figures: { top1: 0.4, top5: 0.6 }, unclassified: 1, strays: 1 },
      classes: expect.arrayContaining([
        expect.objectContaining({ name: 'cat', images: 2, right: 1, wrong: 2, precision: 0.5, recall: 0.5 }),
        expect.objectContaining({ name: 'dog', images: 1, right: 0, wrong: 2, precision: 0, recall: 0 }),
        expect.objectContaining({ name: 'owl', images: 1, right: 1, wrong: 0, precision: 1, recall: 1 }),
        expect.objectContaining({ name: 'bear', images: 1, right: 0, wrong: 1, precision: null, recall: 0 }),
      ]),
    };

    beforeAll(async () => {
      await test.query('CREATE TABLE named (image_id INT, class_name VARCHAR(9))');
      await test.query("INSERT INTO named VALUES (1, 'cat'), (2, 'cat'), (3, 'dog'), (4, 'owl'), (5, 'bear')");
      const rows = Object.entries(best).flatMap(([image, names]) =>
        names.map((name, index) => [Number(image), index + 1, ids.indexOf(name), name, 1 / (index + 1)]),
      );
      const columns = 'image_id INT, class_rank INT, class_id INT, class_name VARCHAR(9), score DOUBLE';
      await test.query(`CREATE TABLE ranked (${columns})`);
      await test.query('INSERT INTO ranked VALUES ?', [rows.toReversed()]);
      await test.query('CREATE TABLE scored AS SELECT image_id, class_name, score FROM ranked');
      await test.query('CREATE TABLE numbered AS SELECT image_id, class_rank, class_id FROM ranked');
      const top = [1, 2, 3, 4, 5].map((rank) => `top${rank}_class VARCHAR(9), top${rank}_score DOUBLE`);
      await test.query(`CREATE TABLE top (image_id INT, ${top.join(', ')})`);
      const wide = Object.entries(best).map(([image, names]) => [
        Number(image),
        ...[0, 1, 2, 3, 4].flatMap((at) => [names[at] ?? null, names[at] === undefined ? null : 1 / (at + 1)]),
      ]);
      await test.query('INSERT INTO top VALUES ?', [wide]);
    });

    it.each(['ranked', 'scored', 'top'])(
      'measures the best class, the best five and each class (%s)',
      async (table) => {
        const { code, stdout, stderr } = await run(table, 'named', '--json');
        expect({ code, stderr }).toEqual({
          code: 0,
          stderr:
            'labelled images that the result does not have, which count as wrong: 1\nimages of the result without a label, which do not count: 1\n',
        });
        expect(JSON.parse(stdout)).toMatchObject(measured);
      },
    );

    it('shows people the classes that images have', async () => {
      const { stdout } = await run('top', 'named');
      expect(stdout).toMatch(/^ top1 +0\.400$/m);
      expect(stdout).toMatch(/^ top5 +0\.600$/m);
      expect(stdout).toMatch(/^ cat +2 +1 +2 +0\.500 +0\.500$/m);
      expect(stdout).not.toContain('elk');
      expect(stdout).toMatch(/^5 images$/m);
    });

    it('takes labels that are ids of classes, and says so if no class is the same', async () => {
      await test.query('CREATE TABLE by_id AS SELECT image_id, class_id FROM ranked WHERE class_rank = 1');
      expect(JSON.parse((await run('numbered', 'by_id', '--json')).stdout)).toMatchObject({
        ...{ images: 5, figures: { top1: 1, top5: 1 } },
      });
      expect((await run('numbered', 'named')).stderr).toMatch(
        /^the result has none of the classes of the labels: labels must be names or ids of its classes$/m,
      );
    });

    it('has no precision by recall to draw', async () => {
      expect(await run('top', 'named', '--plot', 'x.svg')).toMatchObject({
        ...{ code: 2, stderr: expect.stringMatching(/^error\[USAGE\]: top has no boxes, so precision by recall/) },
      });
    });
  });

  it('says what a table lacks', async () => {
    await test.query('CREATE TABLE nothing (image_id INT)');
    expect(await run('nothing', 'absent')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[LABELS_UNUSABLE\]: the table \S+\.absent does not exist\n/),
    });
    expect(await run('nothing', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has neither boxes nor the best classes of images'),
    });
  });
});
