import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const project = join(import.meta.dirname, '../..');

export interface CodeBlock {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Of a comment before it, `<!-- not run by tests: needs a cluster -->`; null: a reader may run it. */
  readonly exception: string | null;
}

/** The fenced blocks of a page of Markdown. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const lines = readFileSync(join(project, page), 'utf8').split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]?.startsWith('```')) continue;
    const end = lines.indexOf('```', at + 1);
    const exception = /^<!-- (.* by tests: .*) -->$/.exec(lines[at - 1] ?? '')?.[1] ?? null;
    const text = lines.slice(at + 1, end).join('\n');
    blocks.push({ line: at + 1, language: lines[at]!.slice(3), text, exception });
    at = end;
  }
  return blocks;
}

/** A line without what differs from run to run. */
export function shapeOf(line: string): string {
  return line
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/[█─]+/g, '─')
    .replace(/\d+(?:\.\d+)?/g, 'N')
    .split(' ')
    .filter((word) => word !== '')
    .join(' ');
}
