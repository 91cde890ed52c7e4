import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { MillraceError } from '../../errors.ts';
import { fileDigest } from '../../file-digest.ts';
import { shownUrl } from '../../shown-url.ts';

/** A file that is not complete yet. It and the name of its content survive the process. */
export interface PartialFile {
  readonly size: number;
  /** What to ask for; null: the whole file. */
  rest(): Rest | null;
  append(chunk: Uint8Array): Promise<void>;
  /** Begins again. @param validator the server's name of the new content; null: it cannot be continued */
  restart(validator: string | null): Promise<void>;
  /** Gives the file its name. @returns its digest. @throws {MillraceError} DATASET_DIGEST if another is expected; the file is removed */
  complete(expected: string | null): Promise<string>;
  close(): Promise<void>;
}

export interface Rest {
  readonly from: number;
  readonly validator: string;
}

export async function openPartialFile(url: URL, file: string): Promise<PartialFile> {
  const [part, validatorFile] = [`${file}.part`, `${file}.part.validator`];
  // A URL may be signed, so only its digest is stored.
  const id = createHash('sha256').update(url.href).digest('hex');
  const [owner, found = ''] = (await readFile(validatorFile, 'utf8').catch(() => '')).split('\n');
  let validator = owner === id && found !== '' ? found : null;
  // Appending: after truncation, other handles would go on at their old position.
  const handle = await open(part, 'a');
  let { size } = await handle.stat();
  return {
    get size() {
      return size;
    },
    rest: () => (size === 0 || validator === null ? null : { from: size, validator }),
    async append(chunk) {
      await handle.appendFile(chunk);
      size += chunk.length;
    },
    async restart(given) {
      await handle.truncate(0);
      size = 0;
      validator = given;
      await writeFile(validatorFile, `${id}\n${given ?? ''}`);
    },
    async complete(expected) {
      await handle.sync();
      const sha256 = await fileDigest(part);
      await rm(validatorFile, { force: true });
      if (expected === null || sha256 === expected.toLowerCase()) {
        await rename(part, file);
        return sha256;
      }
      await rm(part);
      throw new MillraceError('DATASET_DIGEST', `${shownUrl(url)} has the SHA-256 ${sha256}; expected ${expected}`);
    },
    close: () => handle.close(),
  };
}
