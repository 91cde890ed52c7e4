import type { OutputTensor } from '../../../model/model.ts';
import { bestClass, type Candidate, candidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, picturesPart, yoloPixels } from './family.ts';
import { gridOf } from './grid.ts';
import { maskCount, prototypesOf } from './ultralytics.ts';

/**
 * YOLOv3, v5 and v7, with any set of strides: `[batch, boxes, 5 + classes]`, with 32 coefficients of a mask behind them in a
 * segmentation model. https://github.com/ultralytics/yolov5/blob/master/models/yolo.py
 */
export const yolov5: DetectorFamilyReader = { name: 'yolov5', layouts };

function layouts({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [output] = outputs;
  const [, boxes = 0, width = 0] = output?.dims ?? [];
  if (output?.dims.length !== 3 || gridOf(boxes / 3, size) === null) return [];
  const prototypes = prototypesOf(outputs);
  const behind = prototypes === null ? 0 : maskCount;
  const classes = width - 5 - behind;
  if (classes < 1) return [];
  return [
    {
      label: prototypes === null ? 'YOLOv5' : 'YOLOv5 for masks',
      classes,
      preprocessing: yoloPixels,
      reduction: { kind: 'v5', output: output.name },
      read: (answered, picture, confidence, isMultiLabel) => {
        const read = isMultiLabel ? readEveryClass : readYolov5;
        return read(answered.get(output.name)!, picture, confidence, classes);
      },
      ...(prototypes !== null && {
        extras: ['masks'],
        prototypes,
        extraValues: (answered, picture, { index }) =>
          picturesPart(answered, output, picture).data.slice(index * width + 5 + classes, (index + 1) * width),
      }),
    },
  ];
}

/** `[batch, boxes, 5 + classes + …]` of cx, cy, w, h in input pixels, objectness, class scores. */
export function readYolov5(
  output: OutputTensor,
  picture: number,
  confidence: number,
  classes = output.dims[2]! - 5,
): Candidate[] {
  const [, boxes, width] = output.dims as [number, number, number];
  const { data } = output;
  const found: Candidate[] = [];
  const start = picture * boxes * width;
  for (let index = 0, box = start; index < boxes; index++, box += width) {
    const objectness = data[box + 4]!;
    if (!(objectness > confidence)) continue;
    const best = bestClass(data, box + 5, box + 5 + classes);
    const score = Math.fround(objectness * (data[best] ?? Number.NaN));
    if (!(score > confidence)) continue;
    const [cx, cy, w, h] = [data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!];
    found.push(candidate(cx, cy, w, h, score, best - box - 5, index));
  }
  return found;
}

/** A candidate for each class of a box, as YOLOv5's `non_max_suppression` has them with `multi_label`. */
function readEveryClass(output: OutputTensor, picture: number, confidence: number, classes: number): Candidate[] {
  const [, boxes, width] = output.dims as [number, number, number];
  const { data } = output;
  const found: Candidate[] = [];
  for (let index = 0, box = picture * boxes * width; index < boxes; index++, box += width) {
    const objectness = data[box + 4]!;
    if (!(objectness > confidence)) continue;
    const [cx, cy, w, h] = [data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!];
    for (let classId = 0; classId < classes; classId++) {
      const score = Math.fround(objectness * data[box + 5 + classId]!);
      if (score > confidence) found.push(candidate(cx, cy, w, h, score, classId, index));
    }
  }
  return found;
}
