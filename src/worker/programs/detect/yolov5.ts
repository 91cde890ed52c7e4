import type { OutputTensor } from '../../model/model.ts';
import { bestClass, type Candidate, candidate } from './candidates.ts';

/** YOLOv5 and v7: `[batch, boxes, 5 + classes]` of cx, cy, w, h in input pixels, objectness, class scores. */
export function readYolov5(output: OutputTensor, picture: number, confidence: number): Candidate[] {
  const [, boxes, width] = output.dims as [number, number, number];
  const { data } = output;
  const found: Candidate[] = [];
  const end = (picture + 1) * boxes * width;
  for (let box = picture * boxes * width; box < end; box += width) {
    const objectness = data[box + 4]!;
    if (!(objectness > confidence)) continue;
    const best = bestClass(data, box + 5, box + width);
    const score = Math.fround(objectness * (data[best] ?? Number.NaN));
    if (!(score > confidence)) continue;
    found.push(candidate(data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!, score, best - box - 5));
  }
  return found;
}
