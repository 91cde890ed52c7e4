import type { OutputTensor } from '../../../model/model.ts';
import { bestClass, type Candidate, candidate, turnedCandidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, picturesPart, yoloPixels } from './family.ts';
import { gridOf } from './grid.ts';
import { type Behind, behindClasses, madeFor, prototypesOf } from './ultralytics.ts';

/**
 * YOLOv3-u, v5-u, v8, v9, v11 and v12, with any set of strides: `[batch, 4 + classes, boxes]` or the same transposed. Behind the
 * classes stand 32 coefficients of a mask, key points or the angle of a rotated box.
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/nn/modules/head.py
 */
export const yolov8: DetectorFamilyReader = { name: 'yolov8', layouts };

function layouts(facts: ModelFacts): readonly ModelLayout[] {
  const [output] = facts.outputs;
  if (output?.dims.length !== 3) return [];
  const [, second = 0, third = 0] = output.dims;
  const rows = gridOf(third, facts.size) === null ? [] : [layoutOf(facts, output.name, second, false)];
  const columns = gridOf(second, facts.size) === null ? [] : [layoutOf(facts, output.name, third, true)];
  return [...rows, ...columns].filter(({ classes }) => classes !== null && classes > 0);
}

function layoutOf(facts: ModelFacts, name: string, width: number, isTransposed: boolean): ModelLayout {
  const behind = behindClasses(facts, facts.names === null ? null : width - 4 - facts.names);
  const classes = width - 4 - behind.values;
  const readBest = isTransposed ? readTransposedYolov8 : readYolov8;
  const prototypes = prototypesOf(facts.outputs);
  const valuesOf = (tensor: OutputTensor, picture: number, index: number) => {
    const { data, dims } = picturesPart(new Map([[name, tensor]]), { name, dims: [] }, picture);
    const at = (value: number) => (isTransposed ? index * width + value : value * dims[1]! + index);
    return Float32Array.from({ length: behind.values }, (_, value) => data[at(4 + classes + value)]!);
  };
  return {
    label: `${isTransposed ? 'transposed ' : ''}YOLOv8${madeFor(behind)}`,
    classes,
    preprocessing: yoloPixels,
    reduction: behind.extra === 'corners' ? null : { kind: isTransposed ? 'v8-transposed' : 'v8', output: name },
    read: (outputs, picture, confidence, isMultiLabel) => {
      const tensor = outputs.get(name)!;
      const found = isMultiLabel
        ? readEveryClass(tensor, picture, confidence, { classes, isTransposed })
        : readBest(tensor, picture, confidence, classes);
      return behind.extra === 'corners'
        ? found.map((box) => turned(box, valuesOf(tensor, picture, box.index)[0]!))
        : found;
    },
    ...extrasOf(behind),
    ...(prototypes !== null && { prototypes }),
    extraValues: (outputs, picture, { index }) => valuesOf(outputs.get(name)!, picture, index),
  };
}

function extrasOf({ extra, keypointValues }: Behind): Partial<ModelLayout> {
  return { ...(extra !== null && { extras: [extra] }), ...(keypointValues !== undefined && { keypointValues }) };
}

function turned({ x1, y1, x2, y2, score, classId, index }: Candidate, angle: number): Candidate {
  const rectangle = { cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, width: x2 - x1, height: y2 - y1, angle };
  return turnedCandidate(rectangle, score, classId, index);
}

/** `[batch, 4 + classes + …, boxes]` of cx, cy, w, h in input pixels, class scores. */
export function readYolov8(
  output: OutputTensor,
  picture: number,
  confidence: number,
  classes = output.dims[1]! - 4,
): Candidate[] {
  const [, rows, boxes] = output.dims as [number, number, number];
  const data = output.data.subarray(picture * rows * boxes, (picture + 1) * rows * boxes);
  const { scores, classIds } = bestClasses(data, classes, boxes);
  const found: Candidate[] = [];
  for (let box = 0; box < boxes; box++) {
    const score = scores[box]!;
    if (!(score > confidence)) continue;
    const [cx, cy] = [data[box]!, data[box + boxes]!];
    const [width, height] = [data[box + 2 * boxes]!, data[box + 3 * boxes]!];
    found.push(candidate(cx, cy, width, height, score, classIds[box]!, box));
  }
  return found;
}

/** The same as `[batch, boxes, 4 + classes + …]`. */
export function readTransposedYolov8(
  output: OutputTensor,
  picture: number,
  confidence: number,
  classes = output.dims[2]! - 4,
): Candidate[] {
  const [, boxes, width] = output.dims as [number, number, number];
  const { data } = output;
  const found: Candidate[] = [];
  for (let index = 0, box = picture * boxes * width; index < boxes; index++, box += width) {
    const best = bestClass(data, box + 4, box + 4 + classes);
    const score = data[best] ?? Number.NaN;
    if (!(score > confidence)) continue;
    found.push(candidate(data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!, score, best - box - 4, index));
  }
  return found;
}

/** A candidate for each class of a box, as Ultralytics' `non_max_suppression` has them with `multi_label`. */
function readEveryClass(
  { data, dims }: OutputTensor,
  picture: number,
  confidence: number,
  { classes, isTransposed }: { readonly classes: number; readonly isTransposed: boolean },
): Candidate[] {
  const [, second, third] = dims as [number, number, number];
  const start = picture * second * third;
  const [boxes, boxStep, valueStep] = isTransposed ? [second, third, 1] : [third, 1, third];
  const found: Candidate[] = [];
  for (let index = 0; index < boxes; index++) {
    const at = (value: number) => data[start + index * boxStep + value * valueStep]!;
    for (let classId = 0; classId < classes; classId++) {
      const score = at(4 + classId);
      if (score > confidence) found.push(candidate(at(0), at(1), at(2), at(3), score, classId, index));
    }
  }
  return found;
}

/** Walks the tensor in the order of its memory: class by class. What is not a number is no score. */
function bestClasses(data: Float32Array, classes: number, boxes: number) {
  const scores = new Float32Array(boxes).fill(Number.NEGATIVE_INFINITY);
  const classIds = new Uint16Array(boxes);
  for (let classId = 0; classId < classes; classId++) {
    const row = (4 + classId) * boxes;
    for (let box = 0; box < boxes; box++) {
      const score = data[row + box]!;
      if (!(score > scores[box]!)) continue;
      scores[box] = score;
      classIds[box] = classId;
    }
  }
  return { scores, classIds };
}
