import { type Candidate, turnedCandidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, picturesPart, yoloPixels } from './family.ts';
import { gridOf } from './grid.ts';
import { behindClasses, madeFor, prototypesOf } from './ultralytics.ts';

/**
 * YOLOv10, YOLO26 and Ultralytics' exports with `nms=True`: `[batch, boxes, 6]` of x1, y1, x2, y2 in input pixels, score, class; nothing is
 * left to suppress. Rotated boxes are cx, cy, w, h, score, class, angle.
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/engine/exporter.py (NMSModel)
 */
export const yolov10: DetectorFamilyReader = { name: 'yolov10', layouts };

/** More are left by no model's own suppression. */
const mostBoxes = 3000;

function layouts(facts: ModelFacts): readonly ModelLayout[] {
  const { outputs, size, metadata } = facts;
  const [output] = outputs;
  const [, boxes = 0, width = 0] = output?.dims ?? [];
  if (output?.dims.length !== 3 || boxes > mostBoxes || width < 6 || isDetr(metadata)) return [];
  const behind = behindClasses(facts, width - 6);
  if (width !== 6 + behind.values || (gridOf(boxes, size) !== null && boxes > 300)) return [];
  const prototypes = prototypesOf(outputs);
  return [
    {
      label: `YOLOv10${madeFor(behind)}`,
      classes: null,
      preprocessing: yoloPixels,
      reduction: null,
      ...(behind.extra !== null && { extras: [behind.extra] }),
      ...(behind.keypointValues !== undefined && { keypointValues: behind.keypointValues }),
      ...(prototypes !== null && { prototypes }),
      read: (answered, picture, confidence) => {
        const { data } = picturesPart(answered, output, picture);
        const found: Candidate[] = [];
        for (let index = 0, at = 0; at < data.length; index++, at += width) {
          if (!(data[at + 4]! > confidence)) continue;
          found.push(readBox(data.subarray(at, at + width), index, behind.extra === 'corners'));
        }
        return found;
      },
      extraValues: (answered, picture, { index }) =>
        picturesPart(answered, output, picture).data.slice(index * width + 6, (index + 1) * width),
    },
  ];
}

/** Ultralytics' RT-DETR with two classes also gives 6 values. */
function isDetr(metadata: ReadonlyMap<string, string>): boolean {
  return /detr/i.test(metadata.get('description') ?? '');
}

function readBox(values: Float32Array, index: number, isTurned: boolean): Candidate {
  const [a, b, c, d, score, classId, angle = 0] = values as unknown as number[];
  if (isTurned) {
    const rectangle = { cx: a!, cy: b!, width: c!, height: d!, angle };
    return turnedCandidate(rectangle, score!, classId!, index);
  }
  return { x1: a!, y1: b!, x2: c!, y2: d!, score: score!, classId: classId!, index };
}
