import { join, normalize, relative } from 'node:path/posix';

/** Where a path of the volumes lies here: the longest mount path that holds it decides. Unmapped paths stay as they are. */
export function volumePath(path: string, volumes: Readonly<Record<string, string>>): string {
  const whole = normalize(path);
  const mounts = Object.keys(volumes).sort((a, b) => b.length - a.length);
  const mount = mounts.find((candidate) => whole === candidate || whole.startsWith(`${candidate}/`));
  return mount === undefined ? whole : join(volumes[mount] ?? mount, relative(mount, whole));
}

/** An image's file: relative to the folder, or absolute inside it; null for a path that leaves the folder. */
export function imagePath(imageDir: string, name: string): string | null {
  const path = name.startsWith('/') ? normalize(name) : join(imageDir, name);
  return path.startsWith(imageDir.endsWith('/') ? imageDir : `${imageDir}/`) ? path : null;
}
