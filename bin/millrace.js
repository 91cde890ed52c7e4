#!/usr/bin/env node
// Runs on any Node: Millrace itself needs Node 24, which npm puts into node_modules (package.json, optionalDependencies).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
// Halves the start of a command and of each worker; where the folder cannot be written, nothing is kept.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(compileCache);
  await import(main);
} else if (existsSync(bundled)) {
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env };
  // The channel (ipc) tells the child when this process is killed: src/cli/end-with-parent.ts
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(bundled, [main, ...process.argv.slice(2)], { stdio, env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal === null) return;
    // As the child ended, so does this.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
} else {
  console.error('error[NODE_TOO_OLD]: Millrace needs Node 24\n  run npm ci in its folder, which brings it');
  process.exitCode = 3;
}
