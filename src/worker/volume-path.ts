import { realpath } from 'node:fs/promises';
import { join, normalize, relative } from 'node:path/posix';
import { MillraceError } from '../errors.ts';

/** Mount paths and the folders that stand for them here. A bucket is there by its URL, `s3://bucket`, which stands for itself. */
export type Volumes = Readonly<Record<string, string>>;

/** A path of the volumes as it is here, and the folder of its volume, which it must not leave by a link either. */
export interface VolumePath {
  readonly path: string;
  readonly root: string;
}

export function mountPaths(volumes: Volumes): readonly string[] {
  return Object.keys(volumes).filter((mount) => mount.startsWith('/'));
}

/** The longest mount path that holds a path decides where it lies; null: it lies in no volume. */
export function volumePath(path: string, volumes: Volumes): VolumePath | null {
  const whole = normalize(path);
  const mounts = mountPaths(volumes).toSorted((a, b) => b.length - a.length);
  const mount = mounts.find((candidate) => isInside(whole, candidate));
  if (mount === undefined) return null;
  const root = volumes[mount] ?? mount;
  return { path: join(root, relative(mount, whole)), root };
}

/**
 * The path that an option names. The planner refuses one outside the volumes by its place; a task may come from elsewhere.
 * @throws {MillraceError} OUTSIDE_VOLUMES
 */
export function optionPath(option: string, path: string, volumes: Volumes): VolumePath {
  const found = volumePath(path, volumes);
  if (found !== null) return found;
  const message = `${option}=${path} is outside the volumes ${mountPaths(volumes).join(', ')}`;
  throw new MillraceError('OUTSIDE_VOLUMES', message, { hint: 'give a path inside one of them' });
}

/** An image's file: relative to the folder, or absolute inside it; null for a path that leaves the folder. */
export function imagePath(folder: string, name: string, volumes: Volumes): string | null {
  const path = name.startsWith('/') ? (volumePath(name, volumes)?.path ?? normalize(name)) : join(folder, name);
  return path !== folder && isInside(path, folder) ? path : null;
}

/**
 * Where a file really lies, past all links.
 * @param root the folder that no link may lead out of; null: the file is the caller's own
 * @returns null where a link leads out of `root`
 * @throws what `realpath` throws
 */
export async function pathInside(file: string, root: string | null): Promise<string | null> {
  const path = await realpath(file);
  return root === null || isInside(path, await realRoot(root)) ? path : null;
}

const realRoots = new Map<string, string>();

/** Volumes are where they are as long as a worker runs, and each image asks. */
async function realRoot(root: string): Promise<string> {
  const known = realRoots.get(root);
  if (known !== undefined) return known;
  const found = await realpath(root);
  realRoots.set(root, found);
  return found;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
