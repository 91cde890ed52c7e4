import type { Placement } from '../model/preprocessing.ts';
import { type Letterbox, letterbox, type Rectangle, type Size } from './letterbox.ts';
import { drawPicture } from './pack.ts';
import type { Pixels } from './pixels.ts';

/** How a picture lies in the model's input: `width` x `height` of it from (`left`, `top`); the rest is padding. */
export interface Placed extends Size {
  readonly left: number;
  readonly top: number;
  /** Input pixels per pixel of the picture. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Writes a picture into one slot of the model's input (`slot.length === 3 * size.width * size.height`), resized as OpenCV does. */
export function placePicture(
  picture: Pixels,
  placement: Placement,
  padding: number,
  size: Size,
  slot: Uint8Array,
): Placed {
  if (placement === 'centre-crop') return placeCentre(picture, size, slot);
  const placed = placements[placement](picture, size);
  drawPicture(picture, placed, size, padding, slot);
  return placed;
}

/**
 * The same for an input as small as the picture allows. Boxes are scaled back as by `scale_boxes()` of the YOLO tools, which knows the
 * rectangle only: https://github.com/ultralytics/ultralytics/blob/main/ultralytics/utils/ops.py
 */
export function placeInRectangle(
  picture: Pixels,
  { size, area }: Rectangle,
  padding: number,
  slot: Uint8Array,
): Placed {
  drawPicture(picture, area, size, padding, slot);
  return withScales(letterbox(picture, size));
}

const placements: { readonly [Each in Exclude<Placement, 'centre-crop'>]: (picture: Size, input: Size) => Placed } = {
  letterbox: (picture, input) => withScales(letterbox(picture, input)),
  'top-left': topLeft,
  stretch: (picture, input) => ({
    ...input,
    left: 0,
    top: 0,
    scaleX: input.width / picture.width,
    scaleY: input.height / picture.height,
  }),
};

function withScales({ scale, ...box }: Letterbox): Placed {
  return { ...box, scaleX: scale, scaleY: scale };
}

/** As YOLOX's `preproc()`, which cuts off fractions: https://github.com/Megvii-BaseDetection/YOLOX/blob/main/yolox/data/data_augment.py */
function topLeft(picture: Size, input: Size): Placed {
  const scale = Math.min(input.height / picture.height, input.width / picture.width);
  const [width, height] = [Math.floor(picture.width * scale), Math.floor(picture.height * scale)];
  return { width, height, left: 0, top: 0, scaleX: scale, scaleY: scale };
}

function placeCentre(picture: Pixels, size: Size, slot: Uint8Array): Placed {
  const part = centreOf(picture, size);
  const [left, top] = [(picture.width - part.width) >> 1, (picture.height - part.height) >> 1];
  const cropped = crop(picture, part, left, top);
  drawPicture(cropped, { ...size, left: 0, top: 0 }, size, 0, slot);
  const [scaleX, scaleY] = [size.width / part.width, size.height / part.height];
  return { ...size, left: 0 - left * scaleX, top: 0 - top * scaleY, scaleX, scaleY };
}

/** The largest part of the input's proportions. */
function centreOf({ width, height }: Size, size: Size): Size {
  const scale = Math.min(width / size.width, height / size.height);
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

function crop({ data, width, height }: Pixels, part: Size, left: number, top: number): Pixels {
  if (part.width === width && part.height === height) return { data, width, height };
  const cropped = new Uint8Array(part.width * part.height * 3);
  for (let row = 0; row < part.height; row++) {
    const start = ((top + row) * width + left) * 3;
    cropped.set(data.subarray(start, start + part.width * 3), row * part.width * 3);
  }
  return { data: cropped, ...part };
}
