import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..');
/** PATH of a shell, without npm's folders. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

describe('The package', () => {
  it('has settings that npm knows', () => {
    const npm = spawnSync('npm', ['pkg', 'get', 'name'], { cwd: project, encoding: 'utf8' });
    expect([npm.stdout.trim(), npm.stderr]).toEqual(['"millrace"', expect.not.stringContaining('Unknown')]);
  });

  it('runs no scripts of the packages that it installs', () => {
    const npm = spawnSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: project, encoding: 'utf8' });
    expect(npm.stdout.trim()).toBe('true');
  });

  const hasNode = spawnSync('node', ['--version'], { env: { PATH: systemPath } }).status === 0;
  it.runIf(hasNode)('finds the Node that npm installed, even if npm 10 has removed its link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-package-'));
    const name = `node-${process.platform}-${process.arch}`;
    try {
      await mkdir(join(folder, 'node_modules'));
      await cp(join(project, 'bin'), join(folder, 'bin'), { recursive: true });
      await cp(join(project, 'package.json'), join(folder, 'package.json'));
      await symlink(join(project, 'src'), join(folder, 'src'));
      await symlink(join(project, 'node_modules', name), join(folder, 'node_modules', name));
      const { stdout, stderr } = spawnSync('node', [join(folder, 'bin/millrace.js'), '--version'], {
        env: { PATH: systemPath },
        encoding: 'utf8',
      });
      expect([stdout, stderr]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+\n$/), '']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
