import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivate } from '../../private-folder.ts';

const longest = 1000;

/** What has been typed, newest first as readline has it; kept in a file that nobody else may read, oldest first. */
export async function readHistory(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-longest)
    .reverse();
}

/** Without what may hold a password, as the mysql client does: https://dev.mysql.com/doc/refman/8.4/en/mysql-logging.html */
export async function writeHistory(file: string, history: readonly string[]): Promise<void> {
  const kept = history.filter((line) => !/identified|password/i.test(line)).slice(0, longest);
  await makePrivate(dirname(file));
  await writeFile(
    file,
    [...kept]
      .reverse()
      .map((line) => `${line}\n`)
      .join(''),
    { mode: 0o600 },
  );
  await chmod(file, 0o600);
}

/**
 * Makes one entry of the lines of a statement, so that it comes back whole; lines with a comment to their end stay as they are.
 * @param history newest first; changed in place
 */
export function joinLines(history: string[], lines: readonly string[]): void {
  const typed = lines.filter((line) => line.trim() !== '');
  if (typed.length < 2 || typed.some((line) => /--|#/.test(line))) return;
  for (const line of typed.toReversed()) if (history[0] === line) history.shift();
  history.unshift(typed.map((line) => line.trim()).join(' '));
}
