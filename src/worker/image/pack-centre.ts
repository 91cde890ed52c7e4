import type { Size } from './letterbox.ts';
import { packImage } from './pack.ts';
import type { Pixels } from './pixels.ts';

/** Mean and standard deviation of ImageNet's R, G and B in 0..1: https://docs.pytorch.org/vision/stable/models.html */
const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/**
 * Writes the centre of a picture into one slot of a classifier's input: the largest part of the input's proportions, resized as OpenCV
 * does, as planes of R, G and B in 0..1, or normalized as for ImageNet.
 */
export function packCentre(picture: Pixels, size: Size, isNormalized: boolean, slot: Float32Array): void {
  const centre = cropCentre(picture, size);
  packImage(centre, { ...size, left: 0, top: 0, scale: size.width / centre.width }, size, slot);
  if (isNormalized) normalize(slot, size.width * size.height);
}

function cropCentre({ data, width, height }: Pixels, size: Size): Pixels {
  const scale = Math.min(width / size.width, height / size.height);
  const part = {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
  if (part.width === width && part.height === height) return { data, width, height };
  const [left, top] = [(width - part.width) >> 1, (height - part.height) >> 1];
  const cropped = new Uint8Array(part.width * part.height * 3);
  for (let row = 0; row < part.height; row++) {
    const start = ((top + row) * width + left) * 3;
    cropped.set(data.subarray(start, start + part.width * 3), row * part.width * 3);
  }
  return { data: cropped, ...part };
}

function normalize(slot: Float32Array, plane: number): void {
  for (const [channel, mean] of imagenet.mean.entries()) {
    const deviation = imagenet.deviation[channel]!;
    for (let at = channel * plane; at < (channel + 1) * plane; at++) slot[at] = (slot[at]! - mean) / deviation;
  }
}
