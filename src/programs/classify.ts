import type { Options, ProgramContract, Settings } from './contract.ts';
import { explainImages, imageOptions } from './image-options.ts';
import { modelOptions } from './model-options.ts';

const options = {
  model: modelOptions.model,
  ...imageOptions,
  top: {
    kind: 'number',
    takes: 'maximum number of classes per image, 1 to 1000',
    least: 1,
    most: 1000,
    whole: true,
    otherwise: 5,
  },
  min_score: {
    kind: 'number',
    takes: 'minimum score of a class, 0 to 1',
    least: 0,
    most: 1,
    whole: false,
    otherwise: 0,
  },
  activation: {
    kind: 'choice',
    takes: "softmax or none: how the model's output becomes scores; or auto",
    of: ['auto', 'softmax', 'none'],
    otherwise: 'auto',
  },
  normalization: {
    kind: 'choice',
    takes: 'imagenet or none: how pixel values are normalized; or auto',
    of: ['auto', 'imagenet', 'none'],
    otherwise: 'auto',
  },
  image_size: modelOptions.image_size,
  batch: modelOptions.batch,
  device: modelOptions.device,
} as const satisfies Options;

/** Classifies whole images: a row for each of the best classes. */
export const classify = {
  name: 'classify',
  inputs: 'images',
  outputs: 'classes',
  rows: 'split',
  options,
  /** Those of detectors and of Ultralytics' own command. */
  optionsElsewhere: {
    topk: 'top',
    conf: 'min_score',
    confidence: 'min_score',
    img: 'image_size',
    imgsz: 'image_size',
    weights: 'model',
    source: 'image_dir',
    batch_size: 'batch',
    iou: null,
    max_detections: null,
    names: null,
  },
  unusedAttributes: [],
  numbering: 'class_rank',
  columns: [
    { name: 'class_id', type: 'count' },
    { name: 'class_name', type: 'text' },
    { name: 'score', type: 'real', decimals: 6 },
  ],
  explain: (settings: Settings<typeof options>) => [
    ['classify', `${settings.model} on ${settings.device}, ${explainImages(settings)}`],
    ['keep', `the best ${settings.top} classes of an image, with scores of ${settings.min_score} or more`],
  ],
} as const satisfies ProgramContract;
