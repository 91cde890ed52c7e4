import type { Pool } from 'mysql2/promise';
import { checkPictures, type PictureReport } from '../../dataset/check/check-pictures.ts';
import { requireFolder } from '../../dataset/sources/files.ts';
import type { Output } from '../output.ts';
import { openProgress } from './work-progress.ts';

/** Checks the pictures of a dataset and shows the progress. @throws {MillraceError} DATASET_UNREADABLE if there is no such folder */
export async function lookAtPictures(
  pool: Pool,
  database: string,
  folder: string,
  output: Output,
): Promise<PictureReport> {
  await requireFolder(folder);
  const progress = openProgress(output.progress, 'checking pictures');
  return checkPictures(pool, database, folder, progress.show).finally(progress.end);
}
