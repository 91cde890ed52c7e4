import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { millrace } from './millrace.ts';

/** UPDATE_GOLDEN=1 writes what comes out; read the difference before committing it. */
const golden = join(import.meta.dirname, '../golden/help.txt');

const commands = [
  'run',
  'submit',
  'explain',
  'parse',
  'format',
  'list',
  'status',
  'watch',
  'logs',
  'result',
  'cancel',
  'retry',
  'dataset',
  'evaluate',
  'models',
  'doctor',
  'serve',
  'migrate',
  'accounts',
  'token',
  'completion',
];

const parts = ['import', 'export', 'check', 'dump'].map((part) => ['dataset', part]);

it('--help lists the commands, and the help of each command its options', async () => {
  const texts = await Promise.all([[], ...commands.map((command) => [command]), ...parts].map(helpOf));
  const found = texts.join(`\n${'─'.repeat(80)}\n\n`);
  if (process.env.UPDATE_GOLDEN) await writeFile(golden, found);
  expect(found).toBe(await readFile(golden, 'utf8'));
});

it('the test above covers every command', async () => {
  const listed = [...(await helpOf([])).matchAll(/^ {2}([a-z]+) .{10}/gm)].map(([, name]) => name);
  expect(listed).toEqual(commands);
});

async function helpOf(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await millrace([...command, '--help'], {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

it('without a terminal, millrace without a command shows its help', async () => {
  const { code, stderr } = await millrace([], {});
  expect(code).toBe(2);
  expect(stderr).toMatch(/^Usage: millrace \[options\] \[command\]\n/);
});
