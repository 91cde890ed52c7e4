import { readFileSync } from 'node:fs';
import { MillraceError } from '../errors.ts';
import type { Source } from './print-error.ts';

/** The program of a command: given in quotes, in a file, or on standard input. */
export function readSource(sql: string | undefined, file: string | undefined): Source {
  if (sql !== undefined && file !== undefined) throw usage('a program and a file are given', 'give one of them');
  if (file !== undefined) return { name: file, text: readText(file) };
  if (sql === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
  if (sql !== undefined) return { name: 'statement', text: sql };
  throw usage('no program is given', 'give one in quotes, or -f FILE, or - for standard input');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw usage(`the file ${file} cannot be read`, 'give the path of a file of SQL');
  }
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('USAGE', message, { hint });
}
