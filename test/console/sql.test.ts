import { tableFromIPC } from 'apache-arrow';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { hasChromium, seriousFaults, useConsole } from './open-console.ts';

const server = useServer({ requestsPerMinute: 100_000 });
const console = useConsole(server);

const detect = (into: string, from = 'shot') =>
  `SELECT id AS image_id, file_name FROM ${from} TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" WITH partitions = 2, write_mode = 'overwrite' INTO ${into};`;

const editor = (page: Page) => page.getByRole('textbox', { name: 'SQL' });

/** Replaces the editor's text at once. The browser itself, replacing a selection, would write styles into the lines. */
async function write(page: Page, sql: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(sql);
}

beforeAll(async () => {
  await server.database.pool.query('CREATE TABLE few AS SELECT * FROM shot WHERE id <= 4');
  await server.database.pool.query(
    `CREATE TABLE hostile (class_name VARCHAR(200), file_name VARCHAR(200), nothing INT, big BIGINT)`,
  );
  await server.database.pool.query('INSERT INTO hostile VALUES ?', [
    [
      [
        '<img src=x onerror="document.title=1">',
        '</div><script>document.title=1</script>.jpg',
        null,
        '9007199254740993',
      ],
      ['a\u202eb\nc', 'ok.jpg', 7, '1'],
    ],
  ]);
  await server.database.pool.query('CREATE TABLE `<b>bold</b>` (id INT)');
});

describe.runIf(hasChromium)('the SQL page', () => {
  it("takes the demo's statement typed and completed, runs it and shows its rows", { timeout: 240_000 }, async () => {
    const page = await console.open('/sql');
    await editor(page).click();
    await page.keyboard.type('sel');
    await page.getByRole('option', { name: 'select' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('id as image_id, file_name from fe');
    await page.getByRole('option', { name: 'few' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('\nto ');
    await page.keyboard.type('ru');
    await page.getByRole('option', { name: 'run' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('mill');
    await page.getByRole('option', { name: 'millrace/worker' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(' CMD "yolo", "--image_dir=/datasets", "--model=');
    await page.keyboard.type('d');
    await page.getByRole('option', { name: 'demo' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('"\nWITH ');
    await page.keyboard.type('partitions');
    await page.getByRole('option', { name: 'partitions =' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('2 INTO typed_result;');
    await page.keyboard.press('Escape');
    await page.keyboard.press('ControlOrMeta+Enter');
    const grid = page.getByRole('grid', { name: 'Result' });
    await grid.waitFor();
    expect(await grid.getByRole('columnheader').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^class_name/), expect.stringMatching(/^score/)]),
    );
    const [[counted]] = (await server.database.pool.query('SELECT COUNT(*) AS n FROM typed_result')) as unknown as [
      [{ n: number }],
    ];
    expect(Number(await grid.getAttribute('aria-rowcount'))).toBe(Number(counted.n) + 1);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('completes the columns of the tables that the statement names', async () => {
    const page = await console.open('/sql');
    await write(page, 'SELECT  FROM shot s WHERE s.');
    await page.keyboard.type('file');
    await page.getByRole('option', { name: 'file_name' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => sessionStorage.getItem('millrace-draft'))).toBe(
      'SELECT  FROM shot s WHERE s.file_name',
    );
  });

  it('underlines an error at its place while one types, and says what to do', async () => {
    const page = await console.open('/sql');
    await write(page, 'SELECT id FROM shot\nTO RUM millrace/worker CMD "yolo" INTO t;');
    const mark = page.locator('.cm-lintRange-error');
    await mark.waitFor();
    expect(await mark.textContent()).toBe('RUM');
    await mark.hover();
    await page.locator('.cm-diagnostic').getByText(/RUN/).waitFor();
    // An error that only the server can find.
    await write(
      page,
      'SELECT id, file_name FROM shot\nTO RUN millrace/worker CMD "yolo", "--model=nosuch", "--image_dir=/datasets" INTO t;',
    );
    await page
      .getByText(/nosuch/)
      .last()
      .waitFor();
    await expect.poll(() => page.locator('.cm-lintRange-error').first().textContent()).toContain('nosuch');
  });

  it('cancels', async () => {
    const page = await console.open('/sql');
    await write(page, 'SELECT SLEEP(600)');
    await page.keyboard.press('ControlOrMeta+Enter');
    const cancel = page.getByRole('button', { name: 'Cancel' });
    await expect.poll(() => cancel.isEnabled().catch(() => false)).toBe(true);
    await cancel.click();
    await page.locator('.badge', { hasText: 'cancelled' }).waitFor();
  });

  it('explains as a picture of the plan', async () => {
    const page = await console.open('/sql');
    await write(page, `CREATE TABLE a AS SELECT 1 AS n;\n${detect('boxes', 'few')}\nSELECT COUNT(*) FROM boxes`);
    await page.getByRole('button', { name: 'Explain' }).click();
    const plan = page.getByRole('img', { name: 'Plan with 3 steps' });
    await plan.waitFor();
    expect(await plan.locator('.plan-edge').count()).toBeGreaterThan(0);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('formats, and keeps what ran as a history', async () => {
    const page = await console.open('/sql');
    await write(
      page,
      "select id, file_name from few to run millrace/worker cmd 'yolo', '--model=demo', '--image_dir=/datasets' into t",
    );
    await page.getByRole('button', { name: 'Format' }).click();
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('millrace-draft')))
      .toContain('TO RUN millrace/worker\nCMD "yolo"');
    await write(page, 'SELECT 41 + 1 AS answer');
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.getByRole('gridcell', { name: '42' }).waitFor();
    await write(page, 'SELECT 1');
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByLabel('Find').fill('41');
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'SELECT 41 + 1 AS answer' }).click();
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('millrace-draft')))
      .toBe('SELECT 41 + 1 AS answer');
  });

  it('shows hostile names as text, NULL apart, and copies', async () => {
    const page = await console.open('/sql');
    await write(page, 'SELECT * FROM hostile ORDER BY big DESC');
    await page.keyboard.press('ControlOrMeta+Enter');
    const grid = page.getByRole('grid');
    await grid.getByText('<img src=x onerror="document.title=1">').waitFor();
    await grid.getByText('</div><script>document.title=1</script>.jpg').waitFor();
    expect(await grid.locator('.null').count()).toBe(1);
    expect(await grid.locator('img, script').count()).toBe(0);
    expect(await page.title()).toBe('SQL · Millrace');
    await grid.getByText('9007199254740993').click();
    await page.keyboard.press('ControlOrMeta+c');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('9007199254740993');
    await write(page, 'SELECT * FROM ');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: '<b>bold</b>' }).waitFor();
  });

  it('scrolls through a long result, with few elements, by the keyboard', async () => {
    const page = await console.open('/sql');
    await write(page, 'SELECT a.id * 1000 + b.id AS n FROM shot a, shot b WHERE a.id <= 20 ORDER BY 1');
    await page.keyboard.press('ControlOrMeta+Enter');
    const grid = page.getByRole('grid');
    await grid.waitFor();
    await grid.getByRole('gridcell').first().click();
    await expect
      .poll(async () => {
        await page.keyboard.press('Control+End');
        return grid.getAttribute('aria-rowcount');
      })
      .toBe('6001');
    await page.keyboard.press('Control+End');
    await grid.getByText('20300').waitFor();
    expect(await grid.getByRole('gridcell').count()).toBeLessThan(100);
    const download = async (format: string) => {
      const name = new RegExp(format);
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return Buffer.concat(await (await file.createReadStream()).toArray());
    };
    expect((await download('csv')).toString().trimEnd().split('\n').length).toBe(6001);
    expect(tableFromIPC(await download('arrow')).numRows).toBe(6000);
  });

  it('offers a reader nothing that the server would refuse', async () => {
    const page = await console.open('/sql', { user: 'rita' });
    await write(page, 'SELECT 1 AS one');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('gridcell', { name: '1' }).waitFor();
    await write(page, 'DELETE FROM shot');
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('status').filter({ hasText: /read/ }).waitFor();
  });

  it.each([
    ['light', 360],
    ['dark', 1280],
    ['light', 3840],
  ] as const)('is accessible and fits: %s, %i px', async (theme, width) => {
    const page = await console.open('/sql', { theme, width, height: width === 360 ? 640 : 800 });
    await write(page, 'SELECT id, file_name FROM shot; -- all\nSELECT "a", 1');
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.getByRole('grid').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});
