import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivate } from '../../private-folder.ts';

const longest = 1000;

/** Reads the typed entries, newest first as readline expects. The file is readable only by its owner and contains the oldest first. */
export async function readHistory(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-longest)
    .reverse();
}

/** Omits entries that may contain a password, as the mysql client does: https://dev.mysql.com/doc/refman/8.4/en/mysql-logging.html */
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
 * Joins the lines of a statement into one entry, so that it is recalled whole. Lines that end with a comment stay separate.
 * @param history newest first; changed in place
 */
export function joinLines(history: string[], lines: readonly string[]): void {
  const typed = lines.filter((line) => line.trim() !== '');
  if (typed.length < 2 || typed.some((line) => /--|#/.test(line))) return;
  for (const line of typed.toReversed()) if (history[0] === line) history.shift();
  history.unshift(typed.map((line) => line.trim()).join(' '));
}
