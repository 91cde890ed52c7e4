import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { environmentOf } from '../../cli/millrace.ts';
import type { TestSession } from '../../use-session.ts';

const program = fileURLToPath(new URL('statement-server.ts', import.meta.url));

export interface Submitted {
  readonly id: string;
  readonly text: string;
  readonly readOnly?: boolean;
}

/** A process that runs statements like a server. */
export interface StatementServer {
  readonly pid: number;
  /** @returns false if the process died before it answered */
  submit(statement: Submitted): Promise<boolean>;
  /** kill -9 */
  kill(): Promise<void>;
  /** Hands over. @returns its exit code */
  leave(): Promise<number>;
}

/** Starts the process. It is killed at the end of the test, at the latest. */
export async function startStatementServer(test: TestSession): Promise<StatementServer> {
  const env = { PATH: process.env.PATH, ...environmentOf(test) };
  const child = spawn(process.execPath, [program], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  onTestFinished(() => end(child, closed));
  const answers = new Map<string, PromiseWithResolvers<boolean>>();
  const answer = (id: string) => {
    const waiting = answers.get(id) ?? Promise.withResolvers<boolean>();
    answers.set(id, waiting);
    return waiting;
  };
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line);
    if (said.ready) ready.resolve();
    else if (said.error !== undefined) answer(said.id).reject(new Error(said.error));
    else answer(said.id).resolve(true);
  });
  void closed.then(([code]) => {
    ready.reject(new Error(`the server ended with ${code} before it was ready`));
    for (const waiting of answers.values()) waiting.resolve(false);
  });
  await ready.promise;
  return {
    pid: child.pid!,
    submit({ readOnly = false, ...statement }) {
      const { promise } = answer(statement.id);
      child.stdin.write(`${JSON.stringify({ ...statement, readOnly })}\n`);
      return promise;
    },
    kill: () => end(child, closed),
    async leave() {
      child.stdin.end();
      return (await closed)[0];
    },
  };
}

async function end(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await closed;
}
