import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileDigest } from '../file-digest.ts';
import { largestFile, readOnnxFile } from './onnx-file.ts';

/**
 * SHA-256 of a model in hexadecimal digits: of its file; of a model with weights in other files, of a list with the SHA-256 of each, so
 * that a change of any is seen. One that does not exist changes it, too: opening the model tells what is missing.
 * @param weights names of those files, as the model has them
 */
export async function modelDigest(file: string, weights: Iterable<string>): Promise<string> {
  const path = await realpath(file);
  const lines = [await fileDigest(path)];
  for (const name of [...weights].sort()) lines.push(`${await digestBeside(path, name)}  ${name}`);
  return lines.length === 1 ? lines[0]! : createHash('sha256').update(lines.join('\n')).digest('hex');
}

async function digestBeside(path: string, name: string): Promise<string> {
  const file = join(dirname(path), name);
  const isFile = await stat(file).then(
    (facts) => facts.isFile(),
    () => false,
  );
  return isFile ? fileDigest(file) : '';
}

/** Names of the files beside a model that hold its weights. None of a file that is not a model. */
export async function weightFiles(file: string): Promise<readonly string[]> {
  if ((await stat(file)).size > largestFile) return [];
  const bytes = await readFile(file);
  try {
    return [...readOnnxFile(bytes).externalFiles.keys()];
  } catch {
    return [];
  }
}
