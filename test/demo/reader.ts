import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type CodeBlock, codeBlocks, project, shapeOf } from './documents.ts';

/** Follows a page from its first block to its last, in one shell. */
export interface Reader {
  follow(page: string): Promise<void>;
}

const end = '### the end of a block ###';

/** @param environment of a reader who has run the demo; `npx millrace` is this project's */
export async function openReader(state: string, environment: Readonly<Record<string, string>>): Promise<Reader> {
  const folder = join(state, 'reader');
  await mkdir(join(folder, 'bin'), { recursive: true });
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(project, 'bin/millrace.js')}' "$@"\n`;
  await writeFile(join(folder, 'bin/npx'), npx, { mode: 0o755 });
  const env = { ...environment, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };

  async function shell(script: string): Promise<string> {
    const child = spawn('bash', ['-e', '-o', 'pipefail'], { cwd: folder, env });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    child.stdin.end(`trap 'code=$?; kill $(jobs -p) 2>/dev/null || :; wait || :; exit $code' EXIT\n${script}\n`);
    const [code] = await once(child, 'close');
    if (code !== 0) expect.fail(output.slice(-3000));
    return output;
  }

  return {
    async follow(page) {
      const blocks = codeBlocks(page);
      const outputs = (await shell(blocks.map(commandOf).join(`\necho '${end}'\n`))).split(`${end}\n`);
      for (const [index, block] of blocks.entries()) {
        if (block.language !== 'text') continue;
        const shapes = (outputs[index - 1] ?? '').split('\n').map(shapeOf);
        for (const line of block.text.split('\n')) expect(shapes).toContain(shapeOf(line));
      }
    },
  };

  function commandOf({ language, text, exception }: CodeBlock): string {
    const isParsed = exception?.startsWith('parsed only') ?? false;
    if (exception !== null && !isParsed) return '';
    if (language === 'sh') return text.replaceAll('8080', environment.MILLRACE_PORT ?? '');
    if (language === 'sql') return `npx millrace ${isParsed ? 'parse' : 'run'} - <<'SQL'\n${text}\nSQL`;
    return '';
  }
}
