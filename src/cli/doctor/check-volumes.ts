import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { errorOfRecord, MillraceError } from '../../errors.ts';
import { askWorker } from './ask-worker.ts';
import { type Check, check, type Skipped } from './check.ts';

/** Checks the folders that are used as volumes on this machine, and the models in them. */
export async function* checkVolumes({ volumes }: Config): AsyncGenerator<Check> {
  for (const [mount, folder] of Object.entries(volumes)) {
    yield check(`volume ${mount}`, async () => {
      const files = await filesIn(mount, folder);
      return `${folder}, ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
    });
  }
  const folder = volumes['/models'] ?? '';
  const models = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();
  if (models.length === 0) {
    yield check('models', () => {
      throw new MillraceError('MODEL_MISSING', `there are no models in ${folder}`, {
        hint: `copy a YOLO export there: ${join(folder, 'NAME.onnx')} is the model NAME`,
      });
    });
  }
  for (const model of models) yield check(`model ${model.slice(0, -5)}`, () => loadModel(join(folder, model)));
}

async function filesIn(mount: string, folder: string): Promise<readonly string[]> {
  try {
    await access(folder, constants.R_OK | constants.X_OK);
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new MillraceError('USAGE', `the folder ${folder} ${what}`, {
      hint: `create it, or name another with MILLRACE_VOLUMES=${mount}=FOLDER`,
    });
  }
}

async function loadModel(file: string): Promise<string | Skipped> {
  const answer = await askWorker<{ model?: string; error?: unknown }>('check-model.ts', file);
  if (answer === null) return { skipped: 'this installation does not include the worker' };
  if (answer.model !== undefined) return answer.model;
  throw errorOfRecord(answer.error) ?? new MillraceError('MODEL_UNREADABLE', `${file} cannot be loaded`);
}
