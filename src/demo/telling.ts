import { relative } from 'node:path';
import { styleText } from 'node:util';
import { visibleText } from '../visible-text.ts';

export function say(what: string, how: string): void {
  console.log(`${styleText('bold', what.padEnd(10))}${visibleText(how)}`);
}

export function heading(text: string): void {
  console.log(`\n${styleText('bold', text)}`);
}

export function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith('..') ? path : here;
}
