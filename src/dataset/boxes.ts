import type { Box } from '../box.ts';

/** A box as COCO has it: the upper left corner and the size, in pixels from 0; a pixel is 1 wide. */
export interface CocoBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box as PASCAL VOC has it: the first and the last pixel, counted from 1. http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf */
export interface VocBox {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** A box as YOLO has it: centre and size as shares of the picture. https://docs.ultralytics.com/datasets/detect/ */
export interface YoloBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Corners in the wrong order are exchanged. A last pixel directly before the first one is the form of an empty box. */
export function fromVoc(box: VocBox): CocoBox {
  const [x, width] = sideOf(box.xmin, box.xmax);
  const [y, height] = sideOf(box.ymin, box.ymax);
  return { x, y, width, height };
}

export function hasSwappedCorners({ xmin, ymin, xmax, ymax }: VocBox): boolean {
  return xmax - xmin < -1 || ymax - ymin < -1;
}

function sideOf(first: number, last: number): readonly [start: number, length: number] {
  return last - first < -1 ? sideOf(last, first) : [first - 1, last - first + 1];
}

export function toVoc({ x, y, width, height }: CocoBox): VocBox {
  return { xmin: x + 1, ymin: y + 1, xmax: x + width, ymax: y + height };
}

/** Pixels are rounded to 1/10000: labels of ten decimals then give the same boxes again. */
export function fromYolo(box: YoloBox, size: PictureSize): CocoBox {
  const pixels = (share: number, of: number) => rounded(share * of, 4);
  return {
    x: pixels(box.x - box.width / 2, size.width),
    y: pixels(box.y - box.height / 2, size.height),
    width: pixels(box.width, size.width),
    height: pixels(box.height, size.height),
  };
}

export function toYolo(box: CocoBox, size: PictureSize): YoloBox {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((pixels) => rounded(pixels, 4)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    x: rounded((x + width / 2) / size.width, 10),
    y: rounded((y + height / 2) / size.height, 10),
    width: rounded(width / size.width, 10),
    height: rounded(height / size.height, 10),
  };
}

export function fromCorners({ x1, y1, x2, y2 }: Box): CocoBox {
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
