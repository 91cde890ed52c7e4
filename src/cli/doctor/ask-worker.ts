import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Runs a program of src/worker on a model file, with further arguments,
 * in a separate process, because a broken file or library may crash it.
 * @returns its answer, empty if it crashed; null: this installation does not include the worker
 */
export async function askWorker<Answer extends object>(
  name: string,
  ...words: readonly string[]
): Promise<Partial<Answer> | null> {
  const program = fileURLToPath(new URL(`../../worker/${name}`, import.meta.url));
  if (!existsSync(program)) return null;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { timeout: 60_000 }).catch(
    (cause) => ({ stdout: String(cause.stdout ?? '') }),
  );
  return stdout === '' ? {} : JSON.parse(stdout);
}
