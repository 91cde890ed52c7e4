import type { MillraceError } from '../errors.ts';
import { visibleText } from '../visible-text.ts';

/** A place in a text: line and column start at 1; the column counts code points. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The line and column of an offset in UTF-16 units; beyond the end of the text, those of the end. */
export function position(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.length - before.replaceAll('\n', '').length + 1;
  return { line, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 };
}

/** Number of code points of a long line that are shown before and after the caret. */
const margin = 100;

/** Formats an error and its related errors for people: message, place, the line, and a caret with the hint. */
export function formatError(error: MillraceError, text: string, fileName: string): string {
  return visibleText([error, ...error.related].map((each) => formatOne(each, text, fileName)).join('\n'));
}

function formatOne({ code, message, span, hint }: MillraceError, text: string, fileName: string): string {
  if (!span) return `error[${code}]: ${message}\n${hint ? `  ${hint}\n` : ''}`;
  const { line, column } = position(text, span.start);
  const lines = text.split('\n', line);
  const gutter = String(line).length;
  const row = (content: string, number = '') => `${`   ${number.padStart(gutter)} | ${content}`.trimEnd()}\n`;
  const { shown, before } = cut(lines[line - 1] ?? '', column);
  const previous = lines[line - 2];
  return [
    `error[${code}]: ${message}\n`,
    `  --> ${fileName}:${line}:${column}\n`,
    previous?.trim() ? row(cut(previous, 1).shown, String(line - 1)) : '',
    row(shown, String(line)),
    row(`${blank(before)}^ ${hint ?? ''}`),
  ].join('');
}

/** The part of a line around a column, with control characters made visible, and the text before that column. */
function cut(line: string, column: number): { readonly shown: string; readonly before: string } {
  const characters = [...line.replace(/\r$/, '')];
  const from = Math.max(0, column - 1 - margin);
  const before = (from > 0 ? '…' : '') + visible(characters.slice(from, column - 1));
  const after = visible(characters.slice(column - 1, column - 1 + margin));
  return { before, shown: before + after + (characters.length > column - 1 + margin ? '…' : '') };
}

const visible = (characters: readonly string[]) => visibleText(characters.join(''));

// The wide characters of https://www.unicode.org/reports/tr11/, as far as Unicode's scripts and emoji tell them.
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
const zeroWidth = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** White space as wide on a terminal as the text: tabs are kept, wide characters count twice. */
const blank = (text: string) =>
  [...text].map((character) => (character === '\t' ? '\t' : ' '.repeat(width(character)))).join('');

const width = (character: string) => (zeroWidth.test(character) ? 0 : wide.test(character) ? 2 : 1);
