import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const program = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

/** `millrace serve` as a process, started again and again. */
export interface Replica {
  /** Where it listens now, or did before it was killed. */
  url(): string;
  /** Of its process, or of that before. */
  pid(): number;
  /** Resolves once it listens; false: it was killed before. */
  start(environment?: NodeJS.ProcessEnv): Promise<boolean>;
  /** kill -9 */
  kill(): Promise<void>;
  /** SIGTERM */
  terminate(): Promise<{ readonly code: number | null; readonly seconds: number }>;
}

/** Killed after the tests at the latest. */
export function useReplica(environment: () => NodeJS.ProcessEnv): Replica {
  let child: ChildProcess | undefined;
  let url = '';

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    return (await exited)[0];
  }

  afterAll(() => end('SIGKILL'));
  return {
    url: () => url,
    pid: () => child!.pid!,
    async start(others = {}) {
      const started = spawn(process.execPath, [program, 'serve'], {
        env: { ...environment(), ...others },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      const listening = Promise.withResolvers<boolean>();
      createInterface({ input: started.stdout }).on('line', (line) => {
        const at = /^listening on (.*)$/.exec(JSON.parse(line).msg)?.[1];
        if (at === undefined) return;
        url = at;
        listening.resolve(true);
      });
      started.once('exit', (code) => {
        if (code === null) listening.resolve(false);
        else listening.reject(new Error(`the server ended with ${code} before it listened`));
      });
      return listening.promise;
    },
    async kill() {
      await end('SIGKILL');
    },
    async terminate() {
      const begun = performance.now();
      const code = await end('SIGTERM');
      return { code, seconds: (performance.now() - begun) / 1000 };
    },
  };
}
