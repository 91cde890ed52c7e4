import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileDigest } from '../../file-digest.ts';

/**
 * SHA-256 of a model in hexadecimal digits: of its file; of a model with weights in other files, of a list with the SHA-256 of each, so
 * that a change of any is seen.
 * @param weights names of those files, as the model has them
 */
export async function modelDigest(file: string, weights: Iterable<string>): Promise<string> {
  const path = await realpath(file);
  const lines = [await fileDigest(path)];
  for (const name of [...weights].sort()) lines.push(`${await fileDigest(join(dirname(path), name))}  ${name}`);
  return lines.length === 1 ? lines[0]! : createHash('sha256').update(lines.join('\n')).digest('hex');
}
