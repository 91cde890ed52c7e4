import { stat } from 'node:fs/promises';
import type { Pool, RowDataPacket, TypeCast } from 'mysql2/promise';
import { inBoth, isBucketUrl } from '../../bucket-url.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { PictureAnswer, PictureFormat } from '../../picture-task.ts';
import { hiddenColumns } from '../../task.ts';
import type { User } from '../access/users.ts';
import type { PictureProcesses } from './picture-processes.ts';
import type { PictureStep } from './picture-step.ts';

export type Shown = Exclude<PictureAnswer, { readonly kind: 'failed' }>;

export interface WantedPicture {
  readonly row: string;
  readonly size: number;
  readonly format: PictureFormat;
  /** Tags of versions that the client has. */
  readonly known: readonly string[];
}

/** Where a server finds pictures, and what the user may read of it. */
export interface PicturePlaces {
  readonly volumes: Readonly<Record<string, string>>;
  /** Buckets that the role may read; undefined: all. */
  readonly buckets: readonly string[] | undefined;
}

/**
 * The picture of a row of a result, scaled. It is read under the rules of the statement: from its volumes, its buckets, and the servers of
 * MILLRACE_IMAGE_URLS.
 * @throws {MillraceError} PICTURE_MISSING, PICTURE_UNREADABLE, PICTURE_NOT_MOUNTED, DATABASE_…
 */
export async function showPicture(
  processes: PictureProcesses,
  pool: Pool,
  user: User,
  found: PictureStep,
  places: PicturePlaces,
  { row, size, format, known }: WantedPicture,
  signal: AbortSignal,
): Promise<Shown> {
  const value = await readValue(pool, found, row);
  const settings = found.step.program.settings as { readonly image_dir: string | null };
  const volumes = volumesOf(found, places);
  await checkMounted(found, value, settings.image_dir, places);
  const task = { folder: settings.image_dir, volumes, value, size, format, known };
  const answer = await processes.show(user.name, task, signal);
  if (answer.kind === 'failed') throw failed(answer);
  return answer;
}

/** Volumes of the step, and buckets as far as the role still may read them. */
function volumesOf({ step }: PictureStep, { volumes, buckets }: PicturePlaces): Readonly<Record<string, string>> {
  const own = step.volumes.flatMap(({ mountPath }) =>
    Object.hasOwn(volumes, mountPath) ? [[mountPath, volumes[mountPath]!] as const] : [],
  );
  const ofStep = step.buckets ?? [];
  const allowed = buckets === undefined ? ofStep : inBoth(ofStep, buckets);
  return Object.fromEntries([...own, ...allowed.map((bucket) => [`s3://${bucket}`, ''] as const)]);
}

/** A server on a cluster may not have the volumes of its pods. */
async function checkMounted(
  { step }: PictureStep,
  value: Buffer | null,
  folder: string | null,
  { volumes }: PicturePlaces,
): Promise<void> {
  const name = value === null || value.length > 8192 ? '' : value.toString('latin1');
  const path = name.startsWith('/') ? name : folder;
  if (path === null || isBucketUrl(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(name) || name === '') return;
  const mounts = step.volumes.map(({ mountPath }) => mountPath).toSorted((a, b) => b.length - a.length);
  const mount = mounts.find((each) => path === each || path.startsWith(`${each}/`));
  if (mount === undefined) return;
  const here = Object.hasOwn(volumes, mount) ? await stat(volumes[mount]!).catch(() => null) : null;
  if (here?.isDirectory()) return;
  throw new MillraceError(
    'PICTURE_NOT_MOUNTED',
    `the pictures are in the volume ${mount}, which this server does not mount`,
  );
}

/** A result has names of pictures only: longer ones are no paths. */
const mostBytes = 65_536;

const asSent: TypeCast = (field, next) => (field.name === 'value' ? field.buffer() : next());

async function readValue(pool: Pool, { table, selection, image }: PictureStep, row: string): Promise<Buffer | null> {
  if (image === null)
    throw new MillraceError(
      'PICTURE_MISSING',
      'the query selected the pictures themselves, which the result does not keep',
      {
        hint: 'select the path or the URL of the pictures instead',
      },
    );
  const sql = `SELECT LEFT(${quoteName(image)}, ${mostBytes}) AS value FROM ${quoteTable(table)}
     WHERE ${quoteName(hiddenColumns.selection)} = ? AND ${quoteName(hiddenColumns.row)} = ? LIMIT 1`;
  const [[found]] = await pool.query<RowDataPacket[]>({ sql, values: [selection, row], typeCast: asSent });
  if (found !== undefined) return found.value;
  throw new MillraceError('PICTURE_MISSING', `the result has no row ${row} of this statement`);
}

function failed({ code, message }: Extract<PictureAnswer, { readonly kind: 'failed' }>): MillraceError {
  if (code === null)
    return new MillraceError('PICTURE_UNREADABLE', 'the picture could not be read', { cause: message });
  return new MillraceError(code === 'IMAGE_MISSING' ? 'PICTURE_MISSING' : 'PICTURE_UNREADABLE', message);
}
