import { chmod, glob, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPrivateServer } from '../../src/datasource/private-server.ts';
import { makePrivate } from '../../src/private-folder.ts';
import { mariadb } from '../database.ts';
import { detect, useSession } from '../use-session.ts';
import { environmentOf, millrace } from './millrace.ts';

const modeOf = async (file: string) => ((await stat(file)).mode & 0o7777).toString(8);

describe('the state folder', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const run = (state: string, sql: string) =>
    millrace(['run', '--json', sql], { ...environmentOf(test), MILLRACE_STATE: state });

  it('is created for its owner only, including its logs', async () => {
    const state = join(test.config.stateFolder, 'new');
    expect((await run(state, detect(2, 'logged', 'partitions = 2'))).code).toBe(0);
    await expectPrivate(state);
  });

  it('is restricted if it was open to others, including logs that are written again', async () => {
    const state = join(test.config.stateFolder, 'open');
    const { stdout } = await run(state, detect(2, 'logged_again'));
    const { id } = JSON.parse(stdout);
    for (const path of await pathsIn(state)) await chmod(path, (await stat(path)).isDirectory() ? 0o755 : 0o644);
    await test.query(`UPDATE ${test.config.schema}.statements SET state = 'failed' WHERE id = ?`, [id]);
    await test.query(`UPDATE ${test.config.schema}.steps SET state = 'failed' WHERE statement_id = ?`, [id]);
    await millrace(['retry', id], { ...environmentOf(test), MILLRACE_STATE: state });
    expect(await modeOf(state)).toBe('700');
    expect(await modeOf(join(state, 'statements', id, 'step-1', 'finish.log'))).toBe('600');
  });

  it('contains a private MariaDB that only its owner can access, even if its folder was open', async () => {
    const folder = join(test.config.stateFolder, 'mariadb');
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    // Fails where no server can be had: the folder is narrowed before anything is in it.
    const { PATH } = process.env;
    process.env.PATH = '';
    await startPrivateServer(folder).catch(() => {});
    process.env.PATH = PATH;
    expect(await modeOf(folder)).toBe('700');
  });

  it('may be in a folder that everyone can write, which stays unchanged', async () => {
    const shared = join(test.config.stateFolder, 'shared');
    await mkdir(shared);
    await chmod(shared, 0o1777);
    await makePrivate(shared);
    expect(await modeOf(shared)).toBe('1777');
  });

  async function pathsIn(folder: string): Promise<readonly string[]> {
    const paths = [folder];
    for await (const path of glob('**', { cwd: folder })) paths.push(join(folder, path));
    return paths;
  }

  async function expectPrivate(folder: string): Promise<void> {
    const paths = await pathsIn(folder);
    const logs = paths.filter((path) => path.endsWith('.log'));
    expect(logs.length).toBeGreaterThanOrEqual(4);
    expect(new Set(await Promise.all(logs.map(modeOf)))).toEqual(new Set(['600']));
    expect(await modeOf(folder)).toBe('700');
  }
});
