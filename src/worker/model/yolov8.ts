import { type Candidate, candidate, type Output } from './candidates.ts';

/** YOLOv8, v9, v11 and v12: `[batch, 4 + classes, boxes]` of cx, cy, w, h in input pixels, class scores. */
export function readYolov8(output: Output, picture: number, confidence: number): Candidate[] {
  const [, rows, boxes] = output.dims as [number, number, number];
  const data = output.data.subarray(picture * rows * boxes, (picture + 1) * rows * boxes);
  const { scores, classIds } = bestClasses(data, rows - 4, boxes);
  const found: Candidate[] = [];
  for (let box = 0; box < boxes; box++) {
    const score = scores[box]!;
    if (score <= confidence) continue;
    const [cx, cy] = [data[box]!, data[box + boxes]!];
    const [width, height] = [data[box + 2 * boxes]!, data[box + 3 * boxes]!];
    found.push(candidate(cx, cy, width, height, score, classIds[box]!));
  }
  return found;
}

/** Walks the tensor in the order of its memory: class by class. */
function bestClasses(data: Float32Array, classes: number, boxes: number) {
  const scores = data.slice(4 * boxes, 5 * boxes);
  const classIds = new Uint16Array(boxes);
  for (let classId = 1; classId < classes; classId++) {
    const row = (4 + classId) * boxes;
    for (let box = 0; box < boxes; box++) {
      const score = data[row + box]!;
      if (score <= scores[box]!) continue;
      scores[box] = score;
      classIds[box] = classId;
    }
  }
  return { scores, classIds };
}
