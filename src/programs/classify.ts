import { scoresShape, top5Shape } from './class-columns.ts';
import type { Options, ProgramContract, ResultShape, Settings } from './contract.ts';
import { explainImages, imageOptions } from './image-options.ts';
import { explainNames, modelAliases, modelOptions, modelOptionsElsewhere } from './model-options.ts';

const options = {
  model: modelOptions.model,
  ...imageOptions,
  classes_file: modelOptions.classes_file,
  class_names: modelOptions.class_names,
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
  output: {
    kind: 'choice',
    takes:
      'classes: a row for each of the best classes; scores: a row for each image with a column for each class; or top5',
    of: ['classes', 'scores', 'top5'],
    otherwise: 'classes',
  },
  image_size: modelOptions.image_size,
  batch: modelOptions.batch,
  device: modelOptions.device,
} as const satisfies Options;

type ClassifySettings = Settings<typeof options>;

const classesShape: ResultShape = {
  outputs: 'classes',
  numbering: 'class_rank',
  columns: [
    { name: 'class_id', type: 'count' },
    { name: 'class_name', type: 'text' },
    { name: 'score', type: 'real', decimals: 6 },
  ],
};

/** Classifies whole images: a row for each of the best classes. */
export const classify = {
  name: 'classify',
  inputs: 'images',
  rows: 'split',
  options,
  /** Those of detectors and of Ultralytics' own command. */
  aliases: { ...modelAliases, source: 'image_dir', topk: 'top', conf: 'min_score', confidence: 'min_score' },
  optionsElsewhere: {
    ...modelOptionsElsewhere,
    iou: 'leave it out: a classifier has no boxes',
    max_detections: 'give --top',
    max_det: 'give --top',
  },
  unusedAttributes: [],
  namesColumnsByClass: ({ output }: ClassifySettings) => output === 'scores',
  result: ({ output }: ClassifySettings, classNames: readonly string[] | null): ResultShape => {
    if (output === 'scores') return scoresShape(classNames);
    return output === 'top5' ? top5Shape : classesShape;
  },
  explain: (settings: ClassifySettings) => [
    ['classify', `${settings.model} on ${settings.device}, ${explainImages(settings)}${explainNames(settings)}`],
    ['keep', `the best ${settings.top} classes of an image, with scores of ${settings.min_score} or more`],
  ],
} as const satisfies ProgramContract;
