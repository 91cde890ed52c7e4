import { stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { PictureSize } from './boxes.ts';

/** Extensions of the formats that the worker decodes, in lower case. */
export const pictureExtensions = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp'];

export function isPicture(name: string): boolean {
  return pictureExtensions.some((extension) => name.toLowerCase().endsWith(extension));
}

export type Picture = PictureSize | 'missing' | 'unreadable';

/** The size of the upright picture, from its header. */
export async function lookAtPicture(file: string): Promise<Picture> {
  const stats = await stat(file).catch(() => null);
  if (stats === null) return 'missing';
  if (!stats.isFile()) return 'unreadable';
  try {
    const { autoOrient } = await sharp(file, { limitInputPixels: false }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch {
    return 'unreadable';
  }
}
