import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { hasChromium, seriousFaults, useConsole } from './open-console.ts';

const server = useServer();
const console = useConsole(server);

const hostile = `<img src=x onerror="document.title='owned'">`;
const hostileFile = `"><script>document.title='owned'</script>.jpg`;

let id: string;
const pictures = () => `/statements/${id}/pictures`;

describe.runIf(hasChromium)('the page of pictures', () => {
  beforeAll(async () => {
    const { pool } = server.database;
    await pool.query('CREATE TABLE images (image_id INT PRIMARY KEY, file_name VARCHAR(200))');
    await pool.query(
      'CREATE TABLE annotations (image_id INT, class_name VARCHAR(99), x DOUBLE, y DOUBLE, width DOUBLE, height DOUBLE)',
    );
    const names = Array.from({ length: 150 }, (_, at) => [at + 1, `scene-${(at % 6) + 1}.jpg`]);
    await pool.query('INSERT INTO images VALUES ?', [names]);
    await pool.query('INSERT INTO annotations VALUES ?', [names.map(([image]) => [image, hostile, 5, 6, 40, 30])]);
    const { body } = await server.run(
      'SELECT image_id, file_name FROM images TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160" INTO seen',
    );
    id = body.id;
    // The stream of events ends with the statement.
    await (await server.ask('GET', `/v1/statements/${id}/events`)).text();
    expect((await server.json('GET', `/v1/statements/${id}`)).body).toMatchObject({ state: 'succeeded', error: null });
    const grey = { create: { width: 90, height: 60, channels: 3 as const, background: '#777' } };
    // A folder of its own name, because a path has no quotes and slashes in it.
    await writeFile(
      join(server.pictures.folder, hostileFile.replaceAll('/', '_')),
      await sharp(grey).jpeg().toBuffer(),
    );
    await pool.query('UPDATE seen SET class_name = ? WHERE millrace_row = 1', [hostile]);
    await pool.query('UPDATE seen SET file_name = ? WHERE millrace_row = 2', [hostileFile.replaceAll('/', '_')]);
    await pool.query("UPDATE seen SET file_name = 'gone.jpg' WHERE millrace_row = 3");
  }, 240_000);

  it('shows every picture once as one scrolls, with its boxes, and few of them at a time', async () => {
    const page = await console.open(pictures());
    await tile(page, 0).locator('rect.picture-box').first().waitFor();
    const boxes = (await server.json('GET', `/v1/statements/${id}/pictures?limit=1`)).body.pictures[0];
    expect(await tile(page, 0).locator('rect.picture-box:not(.picture-box-truth)').count()).toBe(boxes.found.length);
    expect(await tile(page, 0).locator('rect.picture-box-truth').count()).toBe(1);
    const seen = new Set<string>();
    await expect
      .poll(
        async () => {
          const shown = await page
            .locator('.tile')
            .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.index));
          for (const each of shown) seen.add(each!);
          expect(shown.length).toBeLessThan(60);
          await page.mouse.wheel(0, 500);
          return seen.size;
        },
        { timeout: 30_000, interval: 60 },
      )
      .toBe(await shownPictures());
  });

  it('filters by class and by score, and keeps the filter in the address', async () => {
    const page = await console.open(pictures());
    const { classes } = (await server.json('GET', `/v1/statements/${id}/classes`)).body;
    const rare = classes.at(-1);
    await page.getByRole('button', { name: new RegExp(`^${escaped(rare.name)}`) }).click();
    await expect
      .poll(() => page.locator('.tile').count())
      .toBe(Math.min(rare.pictures, await page.locator('.tile').count()));
    expect(new URL(page.url()).searchParams.get('class')).toBe(rare.name);
    for (const label of await page.locator('.tile-found').allTextContents()) expect(label).toContain(rare.name);
    const slider = page.getByRole('slider');
    await slider.fill('0.99');
    await page.getByText('No picture passes the filter.').or(page.locator('.tile').first()).first().waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('score')).toBe('0.99');
    await page.reload();
    expect(await page.getByRole('slider').inputValue()).toBe('0.99');
  });

  it('shows one picture large, beside its ground truth, by the keyboard alone', async () => {
    const page = await console.open(pictures());
    await tile(page, 0).waitFor();
    await tile(page, 0).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => focused(page)).toBe('1');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img', { name: /^Ground truth of/ }).waitFor();
    const name = () => dialog.getByRole('heading').textContent();
    expect(await name()).toContain('.jpg');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect.poll(name).toBe('scene-4.jpg');
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(name).toBe('gone.jpg');
    await dialog.getByText('no such file: /datasets/gone.jpg').first().waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => focused(page)).toBe('2');
  });

  it('shows names of classes and files as text, whatever they are', async () => {
    const page = await console.open(pictures());
    await page.getByRole('button', { name: hostile }).first().waitFor();
    await page.getByRole('button', { name: hostile }).first().click();
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await tile(page, 0).click();
    await page.getByRole('dialog').getByRole('cell', { name: hostile }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'All classes' }).click();
    await page.getByText(hostileFile.replaceAll('/', '_').slice(-20)).first().waitFor();
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('main script, main img').count()).toBe(0);
  });

  it('says to others that there is no such statement', async () => {
    const page = await console.open(pictures(), { user: 'rita' });
    await page.getByRole('alert').getByText(`there is no statement ${id}`).waitFor();
  });

  it.each([
    ['light', 360],
    ['dark', 360],
    ['light', 1280],
    ['dark', 3840],
  ] as const)('is accessible and as wide as the window: %s, %i px', async (theme, width) => {
    const page = await console.open(pictures(), { theme, width, height: 800 });
    await tile(page, 0).locator('rect.picture-box').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await seriousFaults(page)).toEqual([]);
  });

  const tile = (page: Page, index: number) => page.locator(`.tile[data-index="${index}"]`);
  const focused = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).dataset.index ?? null);
  const escaped = (text: string) => text.replace(/[^\w ]/g, '\\$&');
  const shownPictures = async () => (await server.json('GET', `/v1/statements/${id}/classes`)).body.pictures;
});
