import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { errorOfRecord, MillraceError } from '../../errors.ts';
import type { Skipped } from './check.ts';

const checkModel = fileURLToPath(new URL('../../worker/check-model.ts', import.meta.url));

/** The demo's model, which is part of the project. */
export const projectModel = fileURLToPath(new URL('../../../models/demo.onnx', import.meta.url));

/** Loads a model as the worker does. @returns what it is. Uses a separate process, because a broken file may crash it. */
export async function loadModel(file: string, device: 'cpu' | 'cuda'): Promise<string | Skipped> {
  if (!existsSync(checkModel)) return { skipped: 'this installation does not include the worker' };
  const { stdout } = await promisify(execFile)(process.execPath, [checkModel, file, device], { timeout: 60_000 }).catch(
    (cause) => ({ stdout: String(cause.stdout ?? '') }),
  );
  const answer = stdout === '' ? null : JSON.parse(stdout);
  if (typeof answer?.model === 'string') return answer.model;
  throw errorOfRecord(answer?.error) ?? new MillraceError('MODEL_UNREADABLE', `${file} cannot be loaded`);
}
