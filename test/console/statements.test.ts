import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { hasChromium, seriousFaults, useConsole } from './open-console.ts';

const server = useServer({ requestsPerMinute: 100_000 });
const console = useConsole(server);

const detect = (into: string, from: string, more = '') =>
  `SELECT id AS image_id, file_name FROM ${from}\nTO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"\nWITH partitions = 2, commit_rows = 1${more}\nINTO ${into};`;

/** HTML would run it. */
const hostileName = '<img src=x onerror=alert(1)>.jpg';

async function submit(sql: string, user: 'ada' | 'rita' = 'ada'): Promise<string> {
  const { body } = await server.json('POST', '/v1/statements', { user, body: { sql, wait: 0 } });
  return body.id;
}

beforeAll(async () => {
  const { pool } = server.database;
  await pool.query('CREATE TABLE few AS SELECT * FROM shot WHERE id <= 6');
  await pool.query('CREATE TABLE broken AS SELECT * FROM shot WHERE id <= 4');
  await pool.query('INSERT INTO broken VALUES (100, ?), (101, ?)', [hostileName, 'empty.jpg']);
  const { folder } = server.pictures;
  await writeFile(join(folder, 'empty.jpg'), '');
  await copyFile(join(folder, 'blank.jpg'), join(folder, 'copy.jpg'));
});

describe.runIf(hasChromium)('the page of a statement', () => {
  it('follows it to its end: states, plan, partitions, rows', { timeout: 240_000 }, async () => {
    const id = await submit(detect('found', 'few'));
    const page = await console.open(`/statements/${id}`);
    await page.locator('h1 + .badge', { hasText: 'succeeded' }).waitFor();
    const states = page.locator('.statement-states .badge');
    expect((await states.allTextContents()).map((text) => text.trim().split(' ').at(-1))).toEqual([
      'queued',
      'running',
      'succeeded',
    ]);
    await page.getByRole('img', { name: 'Plan with 1 step' }).waitFor();
    expect(await page.locator('.partition').count()).toBe(2);
    expect(await page.locator('.partition .badge', { hasText: 'done' }).count()).toBe(2);
    await page
      .getByRole('img', { name: /^Images per second/ })
      .locator('canvas')
      .waitFor();
    await page.getByRole('grid', { name: 'Result' }).waitFor();
    await page.getByText('Logs').click();
    await page
      .getByRole('log')
      .getByText(/step-1 worker-\d/)
      .first()
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Pictures with boxes' }).click();
    expect(new URL(page.url()).pathname).toBe(`/statements/${id}/pictures`);
  });

  it('shows failed rows with their reasons, and hostile names as text', { timeout: 240_000 }, async () => {
    const id = await submit(detect('partly', 'broken', ', max_failed_rows = 2'));
    const page = await console.open(`/statements/${id}`);
    await page.locator('h1 + .badge', { hasText: 'succeeded' }).waitFor();
    const failed = page.locator('.failed-rows');
    await failed.getByText(hostileName).waitFor();
    expect(await failed.locator('tbody tr').count()).toBe(2);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('shows why one failed, at its place in the program, and retries it', async () => {
    const id = await submit('SELECT 1;\nSELECT *\nFROM nowhere;');
    const page = await console.open(`/statements/${id}`);
    const notice = page.getByRole('alert');
    await notice.getByText(/nowhere/).waitFor();
    await expect.poll(() => notice.locator('pre').textContent()).toBe('2 | SELECT *\n  | ^');
    await server.database.pool.query('CREATE TABLE nowhere AS SELECT 7 AS n');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('h1 + .badge', { hasText: 'succeeded' }).waitFor();
    await page.getByRole('gridcell', { name: '7' }).waitFor();
  });

  it('cancels', async () => {
    const id = await submit('SELECT SLEEP(600)');
    const page = await console.open(`/statements/${id}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('h1 + .badge', { hasText: 'cancelled' }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
  });

  it('has links to the dashboards that the server is configured with', async () => {
    const configured = JSON.parse(await readFile(server.environment.MILLRACE_SERVER_CONFIG!, 'utf8'));
    const file = join(server.pictures.folder, 'with-links.yaml');
    await writeFile(file, JSON.stringify({ ...configured, links: { grafana: 'https://grafana.example/d/1?id={id}' } }));
    const { url } = await server.another({ MILLRACE_SERVER_CONFIG: file });
    const id = await submit('SELECT 2');
    const page = await console.open(`/statements/${id}`, { url });
    const link = page.getByRole('link', { name: 'Grafana' });
    expect(await link.getAttribute('href')).toBe(`https://grafana.example/d/1?id=${id}`);
    expect(await page.getByRole('link', { name: 'Argo' }).count()).toBe(0);
  });

  it("says nothing of others' statements", async () => {
    const id = await submit('SELECT 1');
    const page = await console.open(`/statements/${id}`, { user: 'bob' });
    await page.getByText(`there is no statement ${id}`).waitFor();
  });
});

describe.runIf(hasChromium)('the list of statements', () => {
  it('is live, filtered, and leads to a statement', async () => {
    const page = await console.open('/statements?state=running');
    await page.getByText('No statements').waitFor();
    const id = await submit("SELECT SLEEP(600) AS '<b>listed</b>'");
    const link = page.getByRole('link', { name: /<b>listed<\/b>/ });
    await link.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await link.click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('h1 + .badge', { hasText: 'cancelled' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/statements/${id}`);
    await page.goBack();
    await page.getByText('No statements').waitFor();
    await page.getByLabel('State').selectOption('cancelled');
    await link.first().waitFor();
  });

  it("shows a reader its own, and an administrator everyone's", async () => {
    await submit('SELECT 4711 AS mine');
    await submit('SELECT 4712 AS hers', 'rita');
    const page = await console.open('/statements', { user: 'rita' });
    await page.getByText('SELECT 4712').waitFor();
    expect(await page.getByText('SELECT 4711').count()).toBe(0);
    const all = await console.open('/statements?user=ada', { user: 'root' });
    await all.getByText('SELECT 4711').waitFor();
    expect(await all.getByText('SELECT 4712').count()).toBe(0);
  });

  it.each([
    ['dark', 360],
    ['dark', 1280],
    ['light', 3840],
  ] as const)('is accessible and fits, as is a statement: %s, %i px', async (theme, width) => {
    const id = await submit('SELECT COUNT(*) FROM shot');
    const page = await console.open('/statements', { theme, width, height: 800 });
    await page.getByRole('row').nth(1).waitFor();
    for (const path of ['/statements', `/statements/${id}`]) {
      await page.goto(server.server.url + path);
      await page.locator('.badge', { hasText: 'succeeded' }).first().waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
});
