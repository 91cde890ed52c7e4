import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { MillraceError } from '../../errors.ts';
import { type Archive, type ArchiveEntry, bytesOf, checkSize, damaged } from './archive.ts';

/** A file in the tar format, as POSIX and GNU have it. @param options.compressed whether it is compressed with gzip */
export function tarArchive(file: string, size: number, { compressed }: { readonly compressed: boolean }): Archive {
  return { file, size, entries: () => entriesOf(file, size, compressed) };
}

async function* entriesOf(file: string, size: number, compressed: boolean): AsyncGenerator<ArchiveEntry> {
  const entries = extract();
  const ending = observeEnd(file, size);
  const source = createReadStream(file);
  const stages = compressed ? [source, createGunzip(), ending] : [source, ending];
  const reading = pipeline([...stages, entries]);
  // An error also destroys `entries`, whose loop throws it.
  reading.catch(() => {});
  try {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      const isFolder = type === 'directory' || (type === 'file' && name.endsWith('/'));
      yield {
        name: name.replace(/^(?:\.\/)+|^\.$/, '').replace(/\/$/, ''),
        kind: isFolder ? 'folder' : (kinds[type ?? ''] ?? 'unsupported'),
        size,
        open: async () => bytesOf(entry as AsyncIterable<Uint8Array>, file),
      };
      entry.resume();
    }
    await reading;
  } catch (error) {
    throw damaged(file, error);
  } finally {
    source.destroy();
  }
}

const kinds: Readonly<Record<string, ArchiveEntry['kind']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  link: 'link',
  symlink: 'link',
  'character-device': 'device',
  'block-device': 'device',
  fifo: 'device',
};

const blockSize = 512;

/**
 * Checks that the archive ends with a block of zeros, as the format demands: the library does not notice one that is cut off between two
 * entries. Also bounds what a compressed one unpacks to.
 */
function observeEnd(file: string, size: number): Transform {
  let unpacked = 0;
  let zeros = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      unpacked += chunk.length;
      const last = chunk.findLastIndex((byte) => byte !== 0);
      zeros = last < 0 ? zeros + chunk.length : chunk.length - 1 - last;
      try {
        checkSize({ file, size }, unpacked);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      const message = `${file} ends too early: it has no end of archive`;
      done(zeros >= blockSize ? null : new MillraceError('DATASET_TRUNCATED', message));
    },
  });
}
