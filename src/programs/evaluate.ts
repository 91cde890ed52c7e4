import { classify } from './classify.ts';
import type { Options, OutputColumn, ProgramContract, ResultShape, Settings } from './contract.ts';
import { detect } from './detect.ts';
import { explainImages } from './image-options.ts';
import { explainNames } from './model-options.ts';

/** The table of an evaluation: a row for each figure of the model, and for each of a class. */
export const metricColumns: readonly OutputColumn[] = [
  { name: 'metric', type: 'text' },
  { name: 'class_id', type: 'count', nullable: true },
  { name: 'class_name', type: 'text', nullable: true },
  { name: 'value', type: 'real', decimals: 17, nullable: true },
];

const labels = {
  kind: 'label',
  takes: 'the ground truth: a table as database.table, or for a classifier a selected column',
} as const;

const { output: _, masks, keypoints, corners, agnostic_nms, ...detectOptions } = detect.options;

const detectorOptions = {
  ...detectOptions,
  labels,
  confidence: { ...detect.options.confidence, otherwise: 0.001 },
  max_detections: { ...detect.options.max_detections, otherwise: 100 },
  working_confidence: {
    ...detect.options.confidence,
    takes: 'minimum score of a detection that counts for the presence of its class, 0 to 1',
  },
} as const satisfies Options;

type DetectorSettings = Settings<typeof detectorOptions>;

/** What is detected to be measured. */
export function detectSettings({
  labels: _,
  working_confidence,
  ...settings
}: DetectorSettings): Settings<typeof detect.options> {
  return { ...settings, output: 'boxes', masks: false, keypoints: false, corners: false, agnostic_nms: false };
}

/** Measures a detector against labelled boxes: COCO's figures, and the presence of classes. */
export const evaluate = {
  name: 'evaluate',
  inputs: 'images',
  rows: 'split',
  options: detectorOptions,
  aliases: detect.aliases,
  optionsElsewhere: detect.optionsElsewhere,
  unusedAttributes: [],
  namesColumnsByClass: () => false,
  result: (settings: DetectorSettings): ResultShape => ({
    ...detect.result(detectSettings(settings), null),
    outputs: 'measured detections',
  }),
  summary: metricColumns,
  explain: (settings: DetectorSettings) => [
    ...detect.explain(detectSettings(settings)),
    ['classes', 'every class of a box above the confidence, as in val of the YOLO tools'],
    [
      'evaluate',
      `against ${explainLabels(settings)}, presence of classes at a confidence of ${settings.working_confidence}`,
    ],
  ],
} as const satisfies ProgramContract;

const { output: __, top, min_score, ...classifyOptions } = classify.options;

const classifierOptions = { ...classifyOptions, labels } as const satisfies Options;

type ClassifierSettings = Settings<typeof classifierOptions>;

/** What is classified to be measured: the best five classes. */
export function classifySettings({ labels: _, ...settings }: ClassifierSettings): Settings<typeof classify.options> {
  return { ...settings, output: 'classes', top: 5, min_score: 0 };
}

/** Measures a classifier against labels: the best class, the best five, and each class. */
export const evaluateClassifier = {
  name: 'evaluate-classifier',
  inputs: 'images',
  rows: 'split',
  options: classifierOptions,
  aliases: classify.aliases,
  optionsElsewhere: {
    ...classify.optionsElsewhere,
    top: 'leave it out: the best class and the best five are measured',
  },
  unusedAttributes: [],
  namesColumnsByClass: () => false,
  result: (settings: ClassifierSettings): ResultShape => ({
    ...classify.result(classifySettings(settings), null),
    outputs: 'measured classes',
  }),
  summary: metricColumns,
  explain: (settings: ClassifierSettings) => [
    ['classify', `${settings.model} on ${settings.device}, ${explainImages(settings)}${explainNames(settings)}`],
    ['evaluate', `the best class and the best five against ${explainLabels(settings)}`],
  ],
} as const satisfies ProgramContract;

function explainLabels({ labels }: Pick<DetectorSettings, 'labels'>): string {
  if ('column' in labels) return `the column ${labels.column}`;
  return `the labels of ${labels.database === null ? '' : `${labels.database}.`}${labels.table}`;
}
