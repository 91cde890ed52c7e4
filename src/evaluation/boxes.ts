/** A box in pixels of its image. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

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
