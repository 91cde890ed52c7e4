import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { expect, vi } from 'vitest';
import { program } from './millrace.ts';

/** `millrace` on a real pseudo-terminal, which script(1) of Debian's bsdutils opens. */
export interface Terminal {
  type(keys: string): void;
  /** What has been shown since the last call, up to the text; without colours and movements of the cursor. */
  until(text: string | RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
}

export const keys = { interrupt: '\x03', end: '\x04', tab: '\t', up: '\x1b[A', enter: '\r' };

const patience = { timeout: 60_000, interval: 20 };

export function openTerminal(args: readonly string[], environment: Readonly<Record<string, string>>): Terminal {
  const millrace = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  // A terminal that nobody looks at has no size, and so no room.
  const command = `stty rows 40 cols 120; exec ${millrace}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh', ...environment },
  });
  let shown = '';
  let taken = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  return {
    type: (text) => void child.stdin.write(text),
    async until(text) {
      return vi.waitFor(() => {
        const plain = stripVTControlCharacters(shown).replaceAll('\r', '').slice(taken);
        const found = typeof text === 'string' ? plain.indexOf(text) : plain.search(text);
        if (found < 0) expect(plain).toMatch(text);
        taken += plain.length;
        return plain;
      }, patience);
    },
    ended: once(child, 'close').then(([code]) => code),
  };
}
