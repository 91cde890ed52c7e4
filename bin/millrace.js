#!/usr/bin/env node
// This file runs on any Node. Millrace itself needs Node 24, which npm installs in node_modules (package.json, optionalDependencies).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const main = inProject('src/cli/main.ts');
// If npm 10 has removed the link (scripts/setup.sh explains why), the program is in its package.
const bundled = ['.bin/node', `node-${process.platform}-${process.arch}/bin/node`]
  .map((path) => inProject(`node_modules/${path}`))
  .find((path) => existsSync(path));
// Halves the start of a command and of each worker. Has no effect if the folder cannot be written.
const compileCache = inProject('node_modules/.cache/compiled');

// Needed after `npm ci` alone, because npm runs no scripts of this package (.npmrc).
if (!existsSync(inProject('src/sql/grammar.generated.ts')))
  execFileSync('npm', ['run', '--silent', 'build:grammar'], { cwd: inProject('.'), stdio: ['ignore', 2, 2] });

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(compileCache);
  await import(main);
} else if (bundled !== undefined) {
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env };
  // The channel (ipc) tells the child when this process is killed: src/cli/end-with-parent.ts
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(bundled, [main, ...process.argv.slice(2)], { stdio, env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal === null) return;
    // This process ends by the same signal.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
} else {
  console.error('error[NODE_TOO_OLD]: Millrace needs Node 24\n  run npm ci in its folder, which installs it');
  process.exitCode = 3;
}
