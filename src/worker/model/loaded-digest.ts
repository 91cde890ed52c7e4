import { basename } from 'node:path';
import { MillraceError } from '../../errors.ts';
import { modelDigest } from '../../onnx/model-digest.ts';

/**
 * SHA-256 of a model that has just been loaded. It is computed once, beside the first rows: of what was loaded, even if the file is replaced or
 * removed while it runs.
 * @param weights names of the files beside it that hold its weights
 * @throws {MillraceError} MODEL_MISSING
 */
export function loadedDigest(file: string, weights: Iterable<string>): () => Promise<string> {
  const digest = modelDigest(file, weights).catch((cause: NodeJS.ErrnoException) => {
    throw new MillraceError('MODEL_MISSING', `the model file cannot be read (${cause.code}): ${basename(file)}`, {
      cause,
    });
  });
  // Nobody may ask for it.
  digest.catch(() => {});
  return () => digest;
}
