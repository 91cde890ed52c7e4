import { useEffect, useState } from 'preact/hooks';
import { type Pixels, readPixels } from '../api/pictures.ts';

export interface LoadedPicture {
  readonly address: string;
  readonly width: number;
  readonly height: number;
}

/** Pictures that are kept for when they are scrolled back to. */
const most = 400;
const kept = new Map<string, LoadedPicture>();

/** Sizes that are asked for, so that pictures are shared between screens. */
const sizes = [160, 320, 480, 640, 960, 1280, 1920, 2560, 4096];

function sizeFor(px: number): number {
  const wanted = px * Math.min(window.devicePixelRatio || 1, 2);
  return sizes.find((size) => size >= wanted) ?? sizes.at(-1)!;
}

function keep(key: string, { blob, width, height }: Pixels): LoadedPicture {
  const picture = { address: URL.createObjectURL(blob), width, height };
  kept.set(key, picture);
  if (kept.size > most) {
    const [oldest, old] = [...kept][0]!;
    kept.delete(oldest);
    URL.revokeObjectURL(old.address);
  }
  return picture;
}

export interface PictureSource {
  readonly id: string;
  readonly step: string;
  readonly row: number;
}

/** The picture of a row, at about so many px; an error if it cannot be shown; null while it is loaded. A picture that leaves the page is not loaded. */
export function usePixels({ id, step, row }: PictureSource, px: number): LoadedPicture | Error | null {
  const size = sizeFor(px);
  const key = `${id}/${step}/${row}/${size}`;
  const [state, setState] = useState<{ readonly key: string; readonly shown: LoadedPicture | Error } | null>(null);
  useEffect(() => {
    if (kept.has(key)) return;
    const leaving = new AbortController();
    readPixels(id, row, { step, size }, leaving.signal).then(
      (pixels) => setState({ key, shown: keep(key, pixels) }),
      (error: Error) => {
        if (!leaving.signal.aborted) setState({ key, shown: error });
      },
    );
    return () => leaving.abort();
  }, [key]);
  return kept.get(key) ?? (state?.key === key ? state.shown : null);
}
