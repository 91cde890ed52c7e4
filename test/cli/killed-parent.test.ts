import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mariadb } from '../database.ts';
import { slowRows } from '../slow-rows.ts';
import { detect, useSession } from '../use-session.ts';
import { isRunning, workersOf } from '../workers.ts';
import { environmentOf, program } from './millrace.ts';

const patience = { timeout: 60_000, interval: 50 };
const project = join(import.meta.dirname, '../..');
/** As a shell without npm's folders finds it: where it is old, bin/millrace.js starts another. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const systemNode = spawnSync('sh', ['-c', 'command -v node'], { env: { PATH: systemPath } })
  .stdout.toString()
  .trim();

describe('a command that was started with npx, once npx is killed', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  const start = (file: string, args: readonly string[]) => {
    const { PATH = '', HOME = '/tmp' } = process.env;
    const child = spawn(file, args, {
      cwd: project,
      env: { ...environmentOf(test), PATH: file === 'npx' ? PATH : systemPath, HOME, MILLRACE_PORT: '0' },
      detached: true,
    });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        output.text += chunk;
      });
    return { child, output };
  };
  const descendants = (pid: number): readonly number[] => childrenOf(pid).flatMap((id) => [id, ...descendants(id)]);

  const serving = async (file: string, args: readonly string[]) => {
    const { child, output } = start(file, args);
    await vi.waitFor(() => expect(output.text).toContain('listening on'), patience);
    const processes = descendants(child.pid!);
    expect(processes.length).toBeGreaterThan(0);
    return { child, output, processes };
  };
  const expectEnded = async (processes: readonly number[], output: { readonly text: string }) => {
    await vi.waitFor(() => expect(processes.filter((pid) => isRunning(pid))).toEqual([]), patience);
    expect(output.text).toContain('"stopped"');
  };

  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s, leaves no server', async (signal) => {
    const { child, output, processes } = await serving('npx', ['millrace', 'serve']);
    child.kill(signal);
    await expectEnded(processes, output);
  });

  it("leaves no server if npm's shell is killed", async () => {
    const { output, processes } = await serving('npx', ['millrace', 'serve']);
    process.kill(processes[0]!, 'SIGKILL');
    await expectEnded(processes, output);
  });

  it.runIf(systemNode !== '' && isOld(systemNode)).each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no server where bin/millrace.js under an older Node is ended by %s',
    async (signal) => {
      const { child, output, processes } = await serving(systemNode, [program, 'serve']);
      child.kill(signal);
      await expectEnded(processes, output);
    },
  );

  it('cancels its statement and leaves no worker', async () => {
    await slowRows(test.database, 1);
    const sql = detect(40, 'left_alone', 'partitions = 2, commit_rows = 1');
    const { child } = start('npx', ['millrace', 'run', sql]);
    const engine = await vi.waitFor(async () => {
      const [newest] = await test.session.engine.list();
      expect(newest?.steps[0]?.partitions.some(({ done }) => done > 0)).toBe(true);
      return descendants(child.pid!);
    }, patience);
    const workers = (await Promise.all(engine.map((pid) => workersOf(pid)))).flat();
    expect(workers.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(engine.filter((pid) => isRunning(pid))).toEqual([]), patience);
    expect((await test.session.engine.list())[0]?.state).toBe('cancelled');
  });
});

function childrenOf(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number) : [];
}

function isOld(node: string): boolean {
  return Number(/^v(\d+)/.exec(spawnSync(node, ['--version']).stdout.toString())?.[1]) < 24;
}
