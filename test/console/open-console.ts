import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { TestServer, TestUser } from '../server/use-server.ts';

const script = join(import.meta.dirname, '../../scripts/install-chromium.sh');

/** Path of Chromium, which is installed if that is possible. */
function findChromium(): string | null {
  const { status, stdout, stderr } = spawnSync('sh', [script], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  console.warn(`The tests of the console are skipped: ${stderr.trim()}`);
  return null;
}

const program = findChromium();
export const hasChromium = program !== null;

export interface Visit {
  /** Default: `ada`; null: nobody has signed in. */
  readonly user?: TestUser | null;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Default: the server's. */
  readonly url?: string;
}

export interface TestConsole {
  /** Opens a page of the console in a tab of its own. */
  open(path: string, visit?: Visit): Promise<Page>;
}

/** A real browser on a test's server. Every error of a page, such as a violation of its security policy, fails the test file. */
export function useConsole(server: TestServer): TestConsole {
  let browser: Browser;
  const complaints: string[] = [];
  beforeAll(async () => {
    if (program !== null) browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    expect(complaints).toEqual([]);
  });
  return {
    async open(path, { user = 'ada', theme = 'light', width = 1280, height = 800, url = server.server.url } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      await context.route(
        (requested) => requested.origin !== new URL(url).origin && requested.protocol !== 'blob:',
        (route) => {
          complaints.push(`asked for ${route.request().url()}`);
          return route.abort();
        },
      );
      if (user !== null) {
        const token = server.tokens[user];
        await context.addInitScript((given) => sessionStorage.setItem('millrace-token', given), token);
      }
      // Workers of a busy machine take long.
      context.setDefaultTimeout(120_000);
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // The browser reports every answer that is an error; pages show those that matter.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          complaints.push(message.text());
      });
      await page.goto(url + path);
      return page;
    },
  };
}

/** What axe-core finds on a page that is serious or critical, as `rule: element`. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: AxeRunner }).axe.run({
      // It would write styles into the page, which its policy forbids.
      preload: false,
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(' ')}`));
  });
}

interface AxeRunner {
  run(options: object): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly target: readonly (string | string[])[] }[];
    }[];
  }>;
}
