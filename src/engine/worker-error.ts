import { errorOfRecord, type MillraceError } from '../errors.ts';

/** The worker's own account of its failure, where a line of its log holds it; null: the line is another. */
export function workerError(line: string): MillraceError | null {
  if (!line.startsWith('{')) return null;
  try {
    return errorOfRecord(Object(JSON.parse(line)).error);
  } catch {
    return null;
  }
}
