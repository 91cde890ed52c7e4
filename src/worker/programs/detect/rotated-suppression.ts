import type { Candidate, TurnedBox } from './families/candidates.ts';

/**
 * Whether a rotated box goes because of a better one: their probabilistic IoU is `iou` or more. Unlike upright boxes, a box that is itself
 * suppressed also suppresses others (Fast NMS). https://arxiv.org/abs/2106.06072,
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/utils/nms.py
 */
export function suppressRotated(
  best: readonly Candidate[],
  isRival: (better: Candidate, box: Candidate) => boolean,
  iou: number,
): readonly Candidate[] {
  return best.filter(
    (box, at) =>
      !best.slice(0, at).some((better) => isRival(better, box) && overlapOf(better.turned!, box.turned!) >= iou),
  );
}

const epsilon = 1e-7;

/** 1 - the Hellinger distance of the normal distributions that the boxes stand for. */
function overlapOf(one: TurnedBox, other: TurnedBox): number {
  const [a1, b1, c1] = covarianceOf(one);
  const [a2, b2, c2] = covarianceOf(other);
  const [a, b, c] = [a1 + a2, b1 + b2, c1 + c2];
  const [dx, dy] = [one.cx - other.cx, one.cy - other.cy];
  const determinant = a * b - c ** 2;
  const place = (0.25 * (a * dy ** 2 + b * dx ** 2) - 0.5 * c * dx * dy) / (determinant + epsilon);
  const spread = Math.max(a1 * b1 - c1 ** 2, 0) * Math.max(a2 * b2 - c2 ** 2, 0);
  const shape = 0.5 * Math.log(determinant / (4 * Math.sqrt(spread) + epsilon) + epsilon);
  const distance = Math.min(Math.max(place + shape, epsilon), 100);
  return 1 - Math.sqrt(1 - Math.exp(-distance) + epsilon);
}

function covarianceOf({ width, height, angle }: TurnedBox): readonly [a: number, b: number, c: number] {
  const [a, b] = [width ** 2 / 12, height ** 2 / 12];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [a * cos ** 2 + b * sin ** 2, a * sin ** 2 + b * cos ** 2, (a - b) * cos * sin];
}
