/** A family of detectors, as far as a statement can tell: how its models are named, and its own tool's defaults. */
export interface DetectorFamily {
  readonly label: string;
  /** Default of `--iou`; null: its models give no overlapping boxes, so none are suppressed. */
  readonly iou: number | null;
  /** Default of `--max_detections`. */
  readonly maxDetections: number;
}

/**
 * The families that `detect` knows, by the names that `--family` takes. Defaults are those of `detect.py` of YOLOv5 and v7, of
 * Ultralytics' `predict`, of YOLOX's `onnx_inference.py`, of NanoDet's head and of UltraFace's demo.
 */
export const detectorFamilies = {
  yolov5: { label: 'YOLOv5', iou: 0.45, maxDetections: 1000 },
  yolov8: { label: 'YOLOv8', iou: 0.7, maxDetections: 300 },
  yolov10: { label: 'YOLOv10', iou: null, maxDetections: 300 },
  'yolov7-end2end': { label: 'YOLOv7 end2end', iou: null, maxDetections: 300 },
  yolox: { label: 'YOLOX', iou: 0.45, maxDetections: 300 },
  nanodet: { label: 'NanoDet', iou: 0.6, maxDetections: 100 },
  rtdetr: { label: 'RT-DETR', iou: null, maxDetections: 300 },
  detr: { label: 'DETR', iou: null, maxDetections: 300 },
  tensorflow: { label: 'TensorFlow object detection', iou: null, maxDetections: 300 },
  torchvision: { label: 'torchvision', iou: null, maxDetections: 300 },
  efficientnms: { label: 'EfficientNMS', iou: null, maxDetections: 300 },
  ssd: { label: 'SSD', iou: 0.5, maxDetections: 200 },
} as const satisfies Readonly<Record<string, DetectorFamily>>;

export type DetectorFamilyName = keyof typeof detectorFamilies;

export const detectorFamilyNames = Object.keys(detectorFamilies) as DetectorFamilyName[];

/** Other models of these families. */
export const otherFamilyNames: Readonly<Record<string, DetectorFamilyName>> = {
  yolov3: 'yolov5',
  yolov7: 'yolov5',
  yolov3u: 'yolov8',
  yolov5u: 'yolov8',
  yolov9: 'yolov8',
  yolo11: 'yolov8',
  yolov11: 'yolov8',
  yolo12: 'yolov8',
  yolov12: 'yolov8',
  yolo26: 'yolov10',
  yolov26: 'yolov10',
  'd-fine': 'rtdetr',
  dfine: 'rtdetr',
  deim: 'rtdetr',
};
