import { columnNames } from './class-columns.ts';
import type { Options, ProgramContract, ResultShape, Settings } from './contract.ts';
import { detect } from './detect.ts';
import { explainImages, imageOptions } from './image-options.ts';
import { askedClasses } from './predicate/predicate.ts';
import { predicateText } from './predicate/predicate-text.ts';

const { confidence, iou, max_detections, batch, device } = detect.options;

const options = {
  ...imageOptions,
  cascade: { kind: 'cascade', takes: 'the models that are asked, in their order, and what they decide' },
  confidence: { ...confidence, takes: 'minimum score of an object that counts, 0 to 1' },
  iou,
  max_detections,
  reuse: {
    kind: 'flag',
    takes: 'false: stored answers of earlier statements are not used',
    otherwise: true,
  },
  labels: {
    kind: 'label',
    takes:
      'a table with the objects of labelled images: tells which classes occur together, and how many answers are right',
    otherwise: null,
  },
  batch,
  device,
} as const satisfies Options;

type FindSettings = Settings<typeof options>;

/**
 * Finds the pictures that show what a predicate asks for: models are asked one after the other, each only about pictures that are still
 * undecided. A row has one output or none.
 */
export const find = {
  name: 'find',
  inputs: 'images',
  rows: 'split',
  options,
  aliases: {},
  optionsElsewhere: {},
  unusedAttributes: [],
  namesColumnsByClass: () => false,
  /** The number of objects of each class that is asked for; NULL if no model had to be asked about it. */
  result: ({ cascade }: FindSettings): ResultShape => ({
    outputs: 'found images',
    numbering: null,
    columns: columnNames(askedClasses(cascade.predicate).map(({ name }) => name)).map((name) => ({
      name,
      type: 'count',
      nullable: true,
    })),
  }),
  explain: (settings: FindSettings) => [
    ['find', `${predicateText(settings.cascade.predicate)}, ${explainImages(settings)}`],
    ['keep', explainKept(settings)],
  ],
} as const satisfies ProgramContract;

function explainKept({ confidence: least, device: runsOn, reuse }: FindSettings): string {
  const stored = reuse ? 'stored answers are used' : 'stored answers are not used';
  return `objects with scores of ${least} or more, on ${runsOn}; ${stored}`;
}
