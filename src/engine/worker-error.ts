import { errorOfRecord, type MillraceError } from '../errors.ts';

/** The error that a worker wrote to its log. @returns null if the line contains no error */
export function workerError(line: string): MillraceError | null {
  if (!line.startsWith('{')) return null;
  try {
    return errorOfRecord(Object(JSON.parse(line)).error);
  } catch {
    return null;
  }
}
