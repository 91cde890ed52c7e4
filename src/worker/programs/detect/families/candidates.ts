import type { Box } from '../../../../box.ts';

/** What a model proposes: a box in pixels of its input, and the best class with its score. */
export interface Candidate extends Box {
  readonly score: number;
  readonly classId: number;
  /** The box's number in the model's output. */
  readonly index: number;
  /** Radians that a box is turned by around its middle; then the sides are those of the rectangle around it. */
  readonly turned?: TurnedBox;
}

/** A rectangle of `width` and `height` around (`cx`, `cy`), turned clockwise by `angle` radians. */
export interface TurnedBox {
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/** A candidate from its middle and sides. */
export function candidate(
  cx: number,
  cy: number,
  width: number,
  height: number,
  score: number,
  classId: number,
  index = 0,
): Candidate {
  return { x1: cx - width / 2, y1: cy - height / 2, x2: cx + width / 2, y2: cy + height / 2, score, classId, index };
}

/** A candidate that is turned: its box is the smallest upright one around it. */
export function turnedCandidate(turned: TurnedBox, score: number, classId: number, index: number): Candidate {
  const corners = cornersOf(turned);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const box = { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
  return { ...box, score, classId, index, turned };
}

/** The corners in the order of Ultralytics' `xywhr2xyxyxyxy`: https://docs.ultralytics.com/reference/utils/ops/ */
export function cornersOf({ cx, cy, width, height, angle }: TurnedBox): readonly (readonly [x: number, y: number])[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [ax, ay] = [(width / 2) * cos, (width / 2) * sin];
  const [bx, by] = [(-height / 2) * sin, (height / 2) * cos];
  return [
    [cx + ax + bx, cy + ay + by],
    [cx + ax - bx, cy + ay - by],
    [cx - ax - bx, cy - ay - by],
    [cx - ax + bx, cy - ay + by],
  ];
}

/** The first of the best scores in `from`..`to`, past what is not a number; -1: there is none. */
export function bestClass(data: Float32Array, from: number, to: number): number {
  let best = -1;
  let score = Number.NEGATIVE_INFINITY;
  for (let at = from; at < to; at++) {
    if (!(data[at]! > score)) continue;
    best = at;
    score = data[at]!;
  }
  return best;
}

/** Whether a box has a place and a score; a model that divides by zero or overflows gives some that have none. */
export function isFiniteBox({ x1, y1, x2, y2, score }: Candidate): boolean {
  return [x1, y1, x2, y2, score].every(Number.isFinite);
}
