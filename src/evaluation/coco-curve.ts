import { outcomes } from './coco-match.ts';
import { recalls, thresholds } from './coco-parameters.ts';

/** What detections of one class reach at one threshold. */
export interface Curve {
  /** Share of the objects that were found. */
  readonly recall: number;
  /** Best precision at each of the 101 recalls or beyond; 0 for recalls that are not reached. */
  readonly precisions: Float64Array;
}

/** numpy's `spacing(1)`, which COCOeval adds to the number of detections. */
const spacing = 2 ** -52;

/**
 * Precision by recall, as COCOeval's `accumulate` computes it.
 * @param order places of the detections, best score first
 * @param found outcomes, by place and threshold
 * @param objects number of objects that count; above 0
 */
export function curveOf(order: Uint32Array, found: Uint8Array, level: number, objects: number): Curve {
  const reached = new Float64Array(order.length);
  const precision = new Float64Array(order.length);
  let [right, wrong] = [0, 0];
  for (let at = 0; at < order.length; at++) {
    const outcome = found[order[at]! * thresholds.length + level];
    if (outcome === outcomes.right) right++;
    else if (outcome === outcomes.wrong) wrong++;
    reached[at] = right / objects;
    precision[at] = right / (wrong + right + spacing);
  }
  for (let at = order.length - 1; at > 0; at--) {
    if (precision[at]! > precision[at - 1]!) precision[at - 1] = precision[at]!;
  }
  return { recall: right / objects, precisions: precisionsAt(reached, precision) };
}

function precisionsAt(reached: Float64Array, precision: Float64Array): Float64Array {
  let at = 0;
  return Float64Array.from(recalls, (recall) => {
    while (at < reached.length && reached[at]! < recall) at++;
    return precision[at] ?? 0;
  });
}
