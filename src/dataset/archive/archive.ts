import { MillraceError } from '../../errors.ts';
import { visibleLine } from '../../visible-text.ts';
import { unsafeReason } from '../file-names.ts';

/** An entry of an archive, as the archive describes it. Nothing of it can be trusted. */
export interface ArchiveEntry {
  /** Path with `/`, without `./` before it and `/` after it. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'device' | 'encrypted' | 'unsupported';
  /** Bytes of the unpacked file. */
  readonly size: number;
  /** Only of a file; to be called before the next entry is asked for. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** An archive whose entries can be read in their order, any number of times. */
export interface Archive {
  readonly file: string;
  /** Bytes of the archive itself. */
  readonly size: number;
  /** @throws {MillraceError} DATASET_TRUNCATED, DATASET_ARCHIVE */
  entries(): AsyncIterable<ArchiveEntry>;
}

/** An archive with the SHA-256 of its file. */
export interface OpenedArchive extends Archive {
  readonly digest: string;
}

/** Maximum number of entries. ImageNet's training set has 1.3 million. */
const mostEntries = 5_000_000;
/** Maximum size of unpacked files: this many times the archive's. Labels as text reach 30; pictures are compressed already. */
const largestRatio = 100;
/** Small archives may unpack to this many bytes in any case. */
const alwaysAllowed = 64 * 1024 * 1024;

export function checkSize(archive: Pick<Archive, 'file' | 'size'>, unpacked: number): void {
  if (unpacked <= Math.max(alwaysAllowed, largestRatio * archive.size)) return;
  const message = `${archive.file} unpacks to more than ${largestRatio} times its size`;
  throw new MillraceError('DATASET_ARCHIVE_UNSAFE', message);
}

/**
 * Lists the files of archives that are unpacked into one folder, and checks all entries before any file is written.
 * @throws {MillraceError} DATASET_NAME_UNSAFE, DATASET_ARCHIVE_UNSAFE, DATASET_ARCHIVE, DATASET_DUPLICATE, DATASET_TRUNCATED
 */
export async function listFiles(archives: readonly Archive[]): Promise<ReadonlyMap<string, number>> {
  const files = new Map<string, number>();
  for (const archive of archives) {
    let unpacked = 0;
    let count = 0;
    for await (const entry of archive.entries()) {
      count += 1;
      if (count > mostEntries)
        throw new MillraceError('DATASET_ARCHIVE_UNSAFE', `${archive.file} has more than ${mostEntries} entries`);
      checkEntry(entry, archive.file);
      if (entry.kind === 'folder') continue;
      unpacked += entry.size;
      checkSize(archive, unpacked);
      if (files.has(entry.name))
        throw new MillraceError('DATASET_DUPLICATE', `${archive.file} has a second entry '${visibleLine(entry.name)}'`);
      files.set(entry.name, entry.size);
    }
  }
  return files;
}

const refusals = {
  link: ['DATASET_ARCHIVE_UNSAFE', 'is a link; only files and folders are unpacked'],
  device: ['DATASET_ARCHIVE_UNSAFE', 'is a device or a pipe; only files and folders are unpacked'],
  encrypted: ['DATASET_ARCHIVE', 'is encrypted'],
  unsupported: ['DATASET_ARCHIVE', 'is stored in a way that is not supported'],
} as const;

function checkEntry({ name, kind }: ArchiveEntry, file: string): void {
  const shown = `'${visibleLine(name.slice(0, 200))}' in ${file}`;
  const reason = kind === 'folder' && name === '' ? null : unsafeReason(name);
  if (reason !== null)
    throw new MillraceError('DATASET_NAME_UNSAFE', `the entry ${shown} leads out of the folder: ${reason}`);
  if (kind === 'file' || kind === 'folder') return;
  const [code, what] = refusals[kind];
  throw new MillraceError(code, `the entry ${shown} ${what}`);
}

/** Passes the bytes of an entry on, and turns the errors of libraries into ours. */
export async function* bytesOf(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw damaged(file, error);
  }
}

/** Errors of libraries speak of their own states. */
export function damaged(file: string, cause: unknown): unknown {
  if (cause instanceof MillraceError) return cause;
  const { code = '', message = '' } = Object(cause) as { readonly code?: string; readonly message?: string };
  if (code === 'Z_BUF_ERROR' || /central directory record signature|end of (file|data)|EOF|truncated/i.test(message))
    return new MillraceError('DATASET_TRUNCATED', `${file} ends too early`, { cause });
  return new MillraceError('DATASET_ARCHIVE', `${file} is damaged`, { cause });
}
