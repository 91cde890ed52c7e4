import type { Box } from '../box.ts';

export interface GroundTruthBox extends Box {
  readonly image: string | number;
  readonly classId: number;
  /** COCO's `iscrowd`: a region of many objects. Detections inside it count neither as right nor as wrong. */
  readonly crowd?: boolean;
}

export interface DetectedBox extends Box {
  readonly image: string | number;
  readonly classId: number;
  readonly score: number;
}
