import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

  it('says what a table lacks', async () => {
    await test.query('CREATE TABLE nothing (image_id INT)');
    expect(await run('nothing', 'absent')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[LABELS_UNUSABLE\]: the table \S+\.absent does not exist\n/),
    });
  });
});
