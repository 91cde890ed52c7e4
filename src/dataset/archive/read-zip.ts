import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { MillraceError } from '../../errors.ts';
import { type Archive, type ArchiveEntry, bytesOf, damaged } from './archive.ts';

/** A file in the zip format. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipArchive(file: string, size: number): Archive {
  return { file, size, entries: () => entriesOf(file) };
}

async function* entriesOf(file: string): AsyncGenerator<ArchiveEntry> {
  let zip: ZipFile | null = null;
  try {
    // Names are decoded here, because the library's own check of names throws an error without the name.
    zip = await openPromise(file, { decodeStrings: false, autoClose: false });
    for await (const entry of zip.eachEntry()) yield describe(zip, entry, file);
  } catch (error) {
    throw damaged(file, error);
  } finally {
    zip?.close();
  }
}

function describe(zip: ZipFile, entry: Entry, file: string): ArchiveEntry {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  const isFolder = name.endsWith('/');
  return {
    name: name.replace(/^\.\//, '').replace(/\/$/, ''),
    kind: isFolder ? 'folder' : kindOf(entry),
    size: entry.uncompressedSize,
    open: async () => checked(bytesOf(await zip.openReadStreamPromise(entry), file), entry.crc32, `${name} in ${file}`),
  };
}

/** The type of a file in Unix, in the upper half of its attributes. https://man7.org/linux/man-pages/man7/inode.7.html */
const [typeMask, regular, link] = [0o170000, 0o100000, 0o120000];

function kindOf(entry: Entry): ArchiveEntry['kind'] {
  if (entry.isEncrypted()) return 'encrypted';
  const type = (entry.externalFileAttributes >>> 16) & typeMask;
  if (type === link) return 'link';
  if (type !== 0 && type !== regular) return 'device';
  return entry.compressionMethod === 0 || entry.compressionMethod === 8 ? 'file' : 'unsupported';
}

async function* checked(chunks: AsyncIterable<Uint8Array>, expected: number, what: string): AsyncGenerator<Uint8Array> {
  let found = 0;
  for await (const chunk of chunks) {
    found = crc32(chunk, found);
    yield chunk;
  }
  if (found !== expected) throw new MillraceError('DATASET_ARCHIVE', `${what} is damaged: its checksum is another`);
}
