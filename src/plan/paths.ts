import { MillraceError, type Span } from '../errors.ts';

interface WrittenPath {
  readonly value: string;
  readonly span: Span;
  /** The option as written, if an option names the path. */
  readonly written?: string;
}

/** A file or folder that the worker opens, normalized; reports one outside the volumes. @param mounts mount paths of the volumes */
export function pathInVolumes(
  { value, span, written }: WrittenPath,
  mounts: readonly string[],
  report: (error: MillraceError) => void,
): string {
  const path = normalPath(value);
  if (mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)) && !path.includes('\0')) return path;
  const message = `${written ?? 'FROM'} names ${path}, which is outside the step's volumes`;
  const inside = mounts.length === 0 ? 'the step has none' : mounts.join(', ');
  report(new MillraceError('OUTSIDE_VOLUMES', message, { span, hint: `give a path inside a volume: ${inside}` }));
  return path;
}

function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
