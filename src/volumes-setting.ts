import { MillraceError } from './errors.ts';

/**
 * Parses `/datasets=FOLDER,/models=FOLDER`. Spaces around an item and a slash at the end of a path are ignored.
 * @throws {MillraceError} VOLUMES_INVALID for a mount path that no statement could name
 */
export function readVolumes(written: string): Record<string, string> {
  const volumes: Record<string, string> = {};
  for (const pair of written.split(',').map((each) => each.trim())) {
    if (pair === '') continue;
    const { mount, folder } = readPair(pair);
    if (Object.hasOwn(volumes, mount)) throw invalid(`names ${mount} twice`, 'name each mount path once');
    volumes[mount] = folder;
  }
  return volumes;
}

function readPair(pair: string): { readonly mount: string; readonly folder: string } {
  const equals = pair.indexOf('=');
  if (equals < 0) throw invalid(`contains '${pair}', which names no folder`, 'write it as /mount=FOLDER');
  const mount = withoutSlash(pair.slice(0, equals).trim());
  const folder = withoutSlash(pair.slice(equals + 1).trim());
  if (!mount.startsWith('/'))
    throw invalid(`has the mount path '${mount}', which is not absolute`, `start it with a slash: /${mount}=…`);
  if (mount === '/' || mount.split('/').some((part, index) => index > 0 && ['', '.', '..'].includes(part))) {
    throw invalid(`has the invalid mount path '${mount}'`, 'write it as in statements, for example /datasets');
  }
  if (folder === '') throw invalid(`names no folder for ${mount}`, `write ${mount}=FOLDER`);
  // Lists of paths are often separated by `:` or `;`.
  const next = /[;:]\s*\/[^=/]*=/.exec(folder);
  if (next !== null) throw invalid(`has '${next[0].trim()}' inside a folder`, 'separate volumes with commas');
  return { mount, folder };
}

function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function invalid(what: string, hint: string): MillraceError {
  return new MillraceError('VOLUMES_INVALID', `MILLRACE_VOLUMES ${what}`, { hint });
}
