import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readCoco } from '../coco/read-coco.ts';
import { chunksOf } from './files.ts';
import type { Source } from './source.ts';

/** An instance file of COCO. @throws {MillraceError} DATASET_UNREADABLE */
export async function cocoSource(
  file: string,
  { segmentations }: { readonly segmentations: boolean },
): Promise<Source> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(file)) hash.update(chunk);
  return {
    shape: { segmentations, remarks: false },
    size: (await stat(file)).size,
    fingerprint: hash.digest('hex'),
    rows: (onProgress) => readCoco(counted(chunksOf(file), onProgress), { segmentations }),
    remarks: () => [],
  };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onProgress: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.length;
    onProgress(done);
  }
}
