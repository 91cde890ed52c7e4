import type { PictureClasses } from '../../../src/service/pictures/picture-classes.ts';
import type { PicturePage } from '../../../src/service/pictures/picture-page.ts';
import { read, send } from './request.ts';

export type { PictureClasses, PicturePage };
export type Picture = PicturePage['pictures'][number];
export type Found = Picture['found'][number];
export type Box = NonNullable<Found['box']>;
export type ClassCount = PictureClasses['classes'][number];

export interface PictureQuery {
  readonly step?: string | undefined;
  readonly class?: string | undefined;
  readonly minScore?: number | undefined;
  /** Table of the ground truth; empty: none; undefined: the one that the server finds. */
  readonly labels?: string | undefined;
}

const pathOf = (id: string, part: string) => `/v1/statements/${encodeURIComponent(id)}/${part}`;

export const readPictures = (
  id: string,
  query: PictureQuery,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<PicturePage> => read(pathOf(id, 'pictures'), { query: { ...query, cursor, limit: 60 }, signal });

export const readPictureClasses = (
  id: string,
  step: string | undefined,
  signal: AbortSignal,
): Promise<PictureClasses> => read(pathOf(id, 'classes'), { query: { step }, signal });

export interface Pixels {
  readonly blob: Blob;
  /** Size of the picture before it was scaled: boxes are measured in it. */
  readonly width: number;
  readonly height: number;
}

export async function readPixels(
  id: string,
  row: number,
  query: { readonly step: string; readonly size: number },
  signal: AbortSignal,
): Promise<Pixels> {
  const answer = await send(pathOf(id, `pictures/${row}`), { query, signal, mayCache: true });
  const sizeOf = (side: string) => Number(answer.headers.get(`millrace-picture-${side}`));
  return { blob: await answer.blob(), width: sizeOf('width'), height: sizeOf('height') };
}
