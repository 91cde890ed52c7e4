import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, it } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { hasChromium, useConsole } from './open-console.ts';

const isWanted = hasChromium && process.env.UPDATE_SCREENSHOTS === '1';
const folder = join(import.meta.dirname, '../../docs/console');

const server = useServer({ requestsPerMinute: 100_000 }, { running: isWanted });
const console = useConsole(server);

const program = `-- what the cameras saw
SELECT id AS image_id, file_name FROM shot
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
WITH partitions = 4, write_mode = 'overwrite'
INTO detections;

SELECT class_name, COUNT(*) AS things, COUNT(DISTINCT image_id) AS images, ROUND(AVG(score), 3) AS mean_score, MAX(NULL) AS remark
FROM detections GROUP BY class_name ORDER BY things DESC;`;

async function save(page: Page, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

async function write(page: Page, sql: string): Promise<void> {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(sql);
}

/** UPDATE_SCREENSHOTS=1 npx vitest run test/console/screenshots.test.ts */
describe.runIf(isWanted)('pictures of the console for docs/console', () => {
  it('are drawn', { timeout: 300_000 }, async () => {
    const page = await console.open('/sql', { height: 900 });
    await write(page, program);
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.getByRole('progressbar').waitFor({ timeout: 60_000 });
    const link = page.getByRole('link', { name: /^[0-9a-f-]{36}$/ });
    const statement = (await link.textContent())!;
    const live = await console.open(`/statements/${statement}`, { height: 1200, theme: 'dark' });
    await live.getByText('Images per second').waitFor({ timeout: 60_000 });
    await live.getByText('Logs').click();
    await live.getByText(/\b1\d\d of 300 rows/).waitFor({ timeout: 120_000 });
    await save(live, 'statement-running-dark');
    await page.getByRole('grid').waitFor({ timeout: 200_000 });
    await save(page, 'sql');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('img', { name: /^Plan/ }).waitFor();
    await save(page, 'plan');
    await live.getByRole('grid').waitFor();
    await live.setViewportSize({ width: 1280, height: 1900 });
    await save(live, 'statement-dark');

    await write(
      page,
      'SELECT id, file_name FROM shot\nTO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"\nWITH par',
    );
    await page.keyboard.type('t');
    await page.getByRole('option').first().waitFor();
    await save(page, 'completion');
    const dark = await console.open('/sql', { theme: 'dark', height: 500 });
    await write(
      dark,
      'SELECT id, file_name FROM shot\nTO RUN millrace/worker CMD "yolo", "--model=demp", "--image_dir=/datasets"\nINTO boxes;',
    );
    await dark.locator('.cm-lintRange-error').hover();
    await dark.locator('.cm-diagnostic').waitFor();
    await save(dark, 'error-dark');

    for (const sql of [
      'SELECT * FROM nowhere',
      'SELECT COUNT(*) AS shots FROM shot',
      'SELECT 1 AS one; SELECT 2 AS two',
    ])
      await server.run(sql);
    await server.json('POST', '/v1/statements', { body: { sql: 'SELECT SLEEP(60)', wait: 0 } });
    await page.goto(`${server.server.url}/statements`);
    await page.getByText('SLEEP').waitFor();
    await save(page, 'statements');
    const phone = await console.open('/sql', { width: 360, height: 720, theme: 'dark' });
    await write(phone, 'SELECT class_name, COUNT(*) AS n\nFROM detections GROUP BY 1 ORDER BY 2 DESC;');
    await phone.keyboard.press('ControlOrMeta+Enter');
    await phone.getByRole('grid').waitFor();
    await save(phone, 'sql-phone');
    const small = await console.open(`/statements/${statement}`, { width: 360, height: 900 });
    await small.getByRole('grid').waitFor();
    await save(small, 'statement-phone');
  });
});
