import type { OutputTensor } from '../../model/model.ts';
import { bestClass, type Candidate, candidate } from './candidates.ts';

/** YOLOv8, v9, v11 and v12: `[batch, 4 + classes, boxes]` of cx, cy, w, h in input pixels, class scores. */
export function readYolov8(output: OutputTensor, picture: number, confidence: number): Candidate[] {
  const [, rows, boxes] = output.dims as [number, number, number];
  const data = output.data.subarray(picture * rows * boxes, (picture + 1) * rows * boxes);
  const { scores, classIds } = bestClasses(data, rows - 4, boxes);
  const found: Candidate[] = [];
  for (let box = 0; box < boxes; box++) {
    const score = scores[box]!;
    if (!(score > confidence)) continue;
    const [cx, cy] = [data[box]!, data[box + boxes]!];
    const [width, height] = [data[box + 2 * boxes]!, data[box + 3 * boxes]!];
    found.push(candidate(cx, cy, width, height, score, classIds[box]!));
  }
  return found;
}

/** The same as `[batch, boxes, 4 + classes]`. */
export function readTransposedYolov8(output: OutputTensor, picture: number, confidence: number): Candidate[] {
  const [, boxes, width] = output.dims as [number, number, number];
  const { data } = output;
  const found: Candidate[] = [];
  const end = (picture + 1) * boxes * width;
  for (let box = picture * boxes * width; box < end; box += width) {
    const best = bestClass(data, box + 4, box + width);
    const score = data[best] ?? Number.NaN;
    if (!(score > confidence)) continue;
    found.push(candidate(data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!, score, best - box - 4));
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
