import type { Options, ProgramContract, Settings } from './contract.ts';
import { explainImages, imageOptions } from './image-options.ts';
import { modelOptions } from './model-options.ts';

const options = {
  model: modelOptions.model,
  ...imageOptions,
  confidence: {
    kind: 'number',
    takes: 'minimum score of a detection, 0 to 1',
    least: 0,
    most: 1,
    whole: false,
    otherwise: 0.25,
  },
  iou: {
    kind: 'number',
    takes: 'overlap above which the weaker of two detections of the same class is dropped, 0 to 1',
    least: 0,
    most: 1,
    whole: false,
    otherwise: 0.45,
  },
  max_detections: {
    kind: 'number',
    takes: 'maximum number of detections per image',
    least: 1,
    most: 30_000,
    whole: true,
    otherwise: 300,
  },
  image_size: modelOptions.image_size,
  batch: modelOptions.batch,
  device: modelOptions.device,
} as const satisfies Options;

/** Detects objects: a box per object, in pixels of the upright image. */
export const yolo = {
  name: 'yolo',
  inputs: 'images',
  outputs: 'detections',
  rows: 'split',
  options,
  /** YOLOv5's and Ultralytics' own commands. */
  optionsElsewhere: {
    conf: 'confidence',
    conf_thres: 'confidence',
    iou_thres: 'iou',
    max_det: 'max_detections',
    img: 'image_size',
    img_size: 'image_size',
    imgsz: 'image_size',
    weights: 'model',
    source: 'image_dir',
    batch_size: 'batch',
    agnostic_nms: null,
    augment: null,
    classes: null,
    data: null,
    half: null,
    names: null,
  },
  unusedAttributes: [],
  numbering: 'detection_no',
  columns: [
    { name: 'class_id', type: 'count' },
    { name: 'class_name', type: 'text' },
    { name: 'score', type: 'real', decimals: 6 },
    { name: 'x1', type: 'real', decimals: 3 },
    { name: 'y1', type: 'real', decimals: 3 },
    { name: 'x2', type: 'real', decimals: 3 },
    { name: 'y2', type: 'real', decimals: 3 },
  ],
  explain: (settings: Settings<typeof options>) => [
    ['detect', `${settings.model} on ${settings.device}, ${explainImages(settings)}`],
    [
      'keep',
      `scores above ${settings.confidence}, overlaps of a class up to ${settings.iou} (IoU), at most ${settings.max_detections} detections an image`,
    ],
  ],
} as const satisfies ProgramContract;
