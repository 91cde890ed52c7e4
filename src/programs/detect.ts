import { scoresShape, top5Shape } from './class-columns.ts';
import type { Options, OutputColumn, ProgramContract, ResultShape, Settings } from './contract.ts';
import { type DetectorFamily, detectorFamilies, detectorFamilyNames, otherFamilyNames } from './detector-families.ts';
import { explainImages, imageOptions } from './image-options.ts';
import { explainNames, modelAliases, modelOptions, modelOptionsElsewhere } from './model-options.ts';
import { explainSimulation, simulationOptions } from './simulation-options.ts';

const options = {
  model: modelOptions.model,
  ...imageOptions,
  family: {
    kind: 'choice',
    takes: "the family of the model, if it is not recognised by the model's inputs and outputs; or auto",
    of: ['auto', ...detectorFamilyNames],
    also: otherFamilyNames,
    otherwise: 'auto',
  },
  classes_file: modelOptions.classes_file,
  class_names: modelOptions.class_names,
  classes: { kind: 'list', takes: 'ids or names of the only classes to detect, separated by commas' },
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
    otherwise: null,
  },
  agnostic_nms: { kind: 'flag', takes: 'true: detections of different classes also suppress each other' },
  max_detections: {
    kind: 'number',
    takes: 'maximum number of detections per image',
    least: 1,
    most: 30_000,
    whole: true,
    otherwise: null,
  },
  output: {
    kind: 'choice',
    takes: 'boxes: a row for each detection; scores: a row for each image with a column for each class; or top5',
    of: ['boxes', 'scores', 'top5'],
    otherwise: 'boxes',
  },
  masks: { kind: 'flag', takes: "true: adds the column mask, of a segmentation model's masks as COCO's RLE in JSON" },
  keypoints: {
    kind: 'flag',
    takes: "true: adds the column keypoints, of a pose model's points as [x, y, score] in JSON",
  },
  corners: { kind: 'flag', takes: 'true: adds the column corners, of the four corners of a rotated box in JSON' },
  image_size: modelOptions.image_size,
  rect: {
    kind: 'flag',
    takes: 'true: each image is padded only to a multiple of the stride, for models exported for any size',
  },
  batch: modelOptions.batch,
  device: modelOptions.device,
  ...simulationOptions,
} as const satisfies Options;

const { rect: _, ...optionsElsewhere } = modelOptionsElsewhere;

type DetectSettings = Settings<typeof options>;

const boxColumns: readonly OutputColumn[] = [
  { name: 'class_id', type: 'count' },
  { name: 'class_name', type: 'text' },
  { name: 'score', type: 'real', decimals: 6 },
  { name: 'x1', type: 'real', decimals: 3 },
  { name: 'y1', type: 'real', decimals: 3 },
  { name: 'x2', type: 'real', decimals: 3 },
  { name: 'y2', type: 'real', decimals: 3 },
];

/** Columns that an option adds to the boxes. */
const extraColumns = [
  { option: 'masks', name: 'mask', type: 'json' },
  { option: 'keypoints', name: 'keypoints', type: 'json' },
  { option: 'corners', name: 'corners', type: 'json' },
] as const satisfies readonly (OutputColumn & { readonly option: keyof DetectSettings })[];

function boxesShape(settings: DetectSettings): ResultShape {
  const extra = extraColumns.filter(({ option }) => settings[option]).map(({ name, type }) => ({ name, type }));
  return { outputs: 'detections', numbering: 'detection_no', columns: [...boxColumns, ...extra] };
}

/** Detects objects: a box per object, in pixels of the upright image. */
export const detect = {
  name: 'detect',
  inputs: 'images',
  rows: 'split',
  options,
  /** YOLOv5's and Ultralytics' own commands. */
  aliases: {
    ...modelAliases,
    source: 'image_dir',
    conf: 'confidence',
    conf_thres: 'confidence',
    conf_threshold: 'confidence',
    iou_thres: 'iou',
    max_det: 'max_detections',
  },
  optionsElsewhere: {
    ...optionsElsewhere,
    retina_masks: 'give --masks: masks always have the size of the image',
    topk: 'give --output=top5',
  },
  unusedAttributes: [],
  namesColumnsByClass: ({ output }: DetectSettings) => output === 'scores',
  result: (settings: DetectSettings, classNames: readonly string[] | null): ResultShape => {
    if (settings.output === 'scores') return scoresShape(classNames);
    return settings.output === 'top5' ? top5Shape : boxesShape(settings);
  },
  explain: (settings: DetectSettings) => [
    [
      'detect',
      `${settings.model} on ${settings.device}, ${explainImages(settings)}${settings.rect ? ' in rectangles' : ''}${explainNames(settings)}`,
    ],
    ...lineOf('simulate', explainSimulation(settings)),
    ['keep', explainKept(settings)],
    ...(settings.output === 'boxes' ? [] : [['output', outputs[settings.output]] as const]),
  ],
} as const satisfies ProgramContract;

function lineOf(word: string, line: string | null): readonly (readonly [string, string])[] {
  return line === null ? [] : [[word, line]];
}

const outputs = {
  scores: 'a row for each image, with the best score of each class',
  top5: 'a row for each image, with its best five classes',
};

function explainKept(settings: DetectSettings): string {
  const { confidence, family, classes, agnostic_nms } = settings;
  const own: DetectorFamily | null = family === 'auto' ? null : detectorFamilies[family];
  const iou = settings.iou ?? own?.iou ?? null;
  const most = settings.max_detections ?? own?.maxDetections ?? null;
  const parts = [
    `scores above ${confidence}`,
    classes === null ? null : `the classes ${classes.join(', ')}`,
    iou === null ? null : `overlaps of ${agnostic_nms ? 'any classes' : 'a class'} up to ${iou} (IoU)`,
    most === null ? null : `at most ${most} detections per image`,
  ].filter((part) => part !== null);
  const isFamilys = own === null && (iou === null || most === null);
  return `${parts.join(', ')}${isFamilys ? `; otherwise the defaults of the model's family (${usual})` : ''}`;
}

const usual = [detectorFamilies.yolov5, detectorFamilies.yolov8]
  .map(({ label, iou, maxDetections }) => `${label}: IoU ${iou}, ${maxDetections} detections`)
  .join('; ');
