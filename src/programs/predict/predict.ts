import type { Options, ProgramContract, ResultShape, Settings } from '../contract.ts';
import { modelOptions } from '../model-options.ts';

const options = {
  model: modelOptions.model,
  prediction: { kind: 'prediction', takes: 'what TO PREDICT asks for' },
} as const satisfies Options;

type PredictSettings = Settings<typeof options>;

/** Runs a model of a table over rows. A row has one output. */
export const predict = {
  name: 'predict',
  inputs: 'rows',
  rows: 'split',
  options,
  aliases: {},
  optionsElsewhere: {},
  unusedAttributes: ['batch_size', 'gpu'],
  readsTable: true,
  replacesColumns: true,
  namesColumnsByClass: () => true,
  /** The model's file says which columns there are: `predictionColumns`. */
  result: (): ResultShape => ({ outputs: 'predictions', numbering: null, columns: [] }),
  explain: ({ model, prediction: { column, probabilities } }: PredictSettings) => [
    [
      'predict',
      `${column ?? 'the label of the model'}${probabilities ? ' with probabilities' : ''}, by ${model} on cpu`,
    ],
  ],
} as const satisfies ProgramContract;
