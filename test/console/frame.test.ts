import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useServer } from '../server/use-server.ts';
import { hasChromium, seriousFaults, useConsole } from './open-console.ts';

const server = useServer();
const console = useConsole(server);
const dist = join(import.meta.dirname, '../../console/dist');

describe('the server', () => {
  const html = { accept: 'text/html' };

  it('serves the console to browsers, and links to programs', async () => {
    const page = await server.ask('GET', '/', { user: null, headers: html });
    expect(await page.text()).toContain('<div id="app">');
    expect((await server.json('GET', '/', { user: null })).body).toMatchObject({ name: 'millrace' });
  });

  it('allows the pages nothing but files of its own', async () => {
    for (const path of [
      '/',
      '/sql',
      '/statements',
      '/statements/1',
      '/statements/1/pictures',
      '/models',
      '/models/a.b',
    ]) {
      const page = await server.ask('GET', path, { user: null, headers: html });
      expect([path, page.status]).toEqual([path, 200]);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'self';/);
      expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
      const text = await page.text();
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
      expect(text).not.toMatch(/(src|href)="(?!\/assets\/)/);
    }
  });

  it('lets browsers keep the files, which change their names, but not the page', async () => {
    const page = await server.ask('GET', '/sql', { user: null, headers: { ...html, 'accept-encoding': 'br' } });
    const etag = page.headers.get('etag')!;
    expect(page.headers.get('cache-control')).toBe('public, max-age=0');
    expect(await statusIfNot(etag)).toBe(304);
    const [file] = (await page.text()).match(/\/assets\/[^"]+\.js/)!;
    const script = await server.ask('GET', file!, { user: null, headers: { 'accept-encoding': 'br' } });
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-encoding')).toBe('br');
    expect(await statusIfNot(script.headers.get('etag')!, file!)).toBe(304);
    expect(await statusIfNot('"another"', file!)).toBe(200);
  });

  it('answers for files that do not exist as for every other path', async () => {
    const { status, body } = await server.json('GET', '/assets/index-old.js', { user: null });
    expect([status, body.code]).toEqual([404, 'UNKNOWN_ROUTE']);
  });
});

/** `fetch` adds `cache-control: no-cache` to such a request. */
async function statusIfNot(etag: string, path = '/sql'): Promise<number | undefined> {
  const request = get(`${server.server.url}${path}`, {
    headers: { accept: 'text/html', 'accept-encoding': 'br', 'if-none-match': etag },
  });
  const [answer] = await once(request, 'response');
  answer.resume();
  return answer.statusCode;
}

describe('the files of the console', () => {
  const sources = readdirSync(join(dist, 'assets')).filter((name) => /\.(js|css)$/.test(name));

  it('contain no address outside but namespaces', () => {
    for (const name of sources) {
      const text = readFileSync(join(dist, 'assets', name), 'utf8');
      const addresses = text.match(/https?:\/\/[\w.-]+/g) ?? [];
      expect([name, addresses.filter((address) => address !== 'http://www.w3.org')]).toEqual([name, []]);
    }
  });

  it('have the same dark colours by the system and by the switch', () => {
    const css = readFileSync(join(import.meta.dirname, '../../console/src/design/base.css'), 'utf8');
    const [system, chosen] = [
      /:root:not\(\[data-theme="light"\]\) \{([^}]*)\}/,
      /:root\[data-theme="dark"\] \{([^}]*)\}/,
    ].map((rule) => rule.exec(css)![1]!.match(/\S+: .*;/g));
    expect(system).toEqual(chosen);
  });
});

describe.runIf(hasChromium)('the console', () => {
  it('asks for a token, keeps it for the tab only, and forgets it', async () => {
    const page = await console.open('/', { user: null });
    const token = page.getByLabel('Token');
    await token.fill('mlr_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The server does not know this token.').waitFor();
    await token.fill(server.tokens.ada);
    await page.keyboard.press('Enter');
    await page.getByText('ada').waitFor();
    expect(new URL(page.url()).pathname).toBe('/sql');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByLabel('Token').waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(server.tokens.ada);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
  });

  it('is at most 300 KiB at first load', async () => {
    const page = await console.open('/');
    await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    const bytes = await page.evaluate(() =>
      performance
        .getEntries()
        .filter((entry) => entry instanceof PerformanceResourceTiming)
        .reduce((sum, { transferSize }) => sum + transferSize, 0),
    );
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(300 * 1024);
  });

  it('has a switch of colours, whose choice is kept', async () => {
    const page = await console.open('/models');
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    const colours = page.getByRole('button', { name: /^Colours/ });
    await colours.click();
    await colours.click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await background()).toBe(dark);
  });

  it.each(['light', 'dark'] as const)('has an accessible dialog: %s', async (theme) => {
    const page = await console.open('/', { user: null, theme });
    await page.getByLabel('Token').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('names a page that does not exist', async () => {
    const page = await console.open('/models');
    await page.evaluate(() => {
      history.pushState(null, '', '/nothing');
      window.dispatchEvent(new PopStateEvent('popstate'));
    });
    await page.getByText('There is no page /nothing').waitFor();
  });
});
