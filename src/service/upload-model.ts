import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../errors.ts';
import { largestStoredModel, storeFile } from '../ledger/model-files.ts';
import type { Datasource } from './datasource.ts';

/**
 * Stores a file in the database, in chunks. @returns the statement that registers it: a worker looks at the file, as at any other
 * @param name a valid name of a model
 * @throws {MillraceError} MODEL_TOO_LARGE, DATABASE_…
 */
export async function storeModel(
  { pool, schema }: Pick<Datasource, 'pool' | 'schema'>,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<string> {
  const file = join(tmpdir(), `millrace-upload-${randomUUID()}`);
  try {
    const stored = await receive(file, bytes);
    await storeFile(pool, schema, stored, () => createReadStream(file, { highWaterMark: 2 ** 20 }));
    return `CREATE MODEL \`${name}\` FROM "sha256:${stored.digest}";`;
  } finally {
    await rm(file, { force: true });
  }
}

/** The digest is known once all bytes are here. */
async function receive(file: string, bytes: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let size = 0;
  const target = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > largestStoredModel) throw tooLarge();
      hash.update(chunk);
      await target.writeFile(chunk);
    }
  } finally {
    await target.close();
  }
  if (size === 0)
    throw new MillraceError('MODEL_UNREADABLE', 'the file of the model is empty', {
      hint: 'send the bytes of an ONNX file',
    });
  return { digest: hash.digest('hex'), size };
}

const tooLarge = () =>
  new MillraceError('MODEL_TOO_LARGE', `the database stores models up to ${largestStoredModel / 2 ** 20} MiB`);
