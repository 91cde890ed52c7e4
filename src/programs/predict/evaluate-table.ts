import type { Options, ProgramContract, ResultShape, Settings } from '../contract.ts';
import { metricColumns } from '../evaluate.ts';
import { modelOptions } from '../model-options.ts';

const options = {
  model: modelOptions.model,
  measurement: { kind: 'measurement', takes: 'what TO EVALUATE measures of a model of a table' },
} as const satisfies Options;

type EvaluateSettings = Settings<typeof options>;

/** Measures a model of a table against a selected column. A row has one output; one without a label that the model knows has none. */
export const evaluateTable = {
  name: 'evaluate-table',
  inputs: 'rows',
  rows: 'split',
  options,
  aliases: {},
  optionsElsewhere: {},
  unusedAttributes: ['batch_size', 'gpu'],
  readsTable: true,
  keeps: () => [],
  namesColumnsByClass: () => true,
  /** Of a classifier, numbers of classes; of a regressor, numbers. */
  result: (): ResultShape => ({
    outputs: 'measured rows',
    numbering: null,
    columns: [
      { name: 'millrace_truth', type: 'real', decimals: null, nullable: true },
      { name: 'millrace_predicted', type: 'real', decimals: null, nullable: true },
      { name: 'millrace_scores', type: 'json', nullable: true },
    ],
  }),
  summary: metricColumns,
  explain: ({ model, measurement: { label, metrics } }: EvaluateSettings) => [
    ['predict', `${model} on cpu`],
    ['evaluate', `against the column ${label}: ${metrics?.map(({ name }) => name).join(', ') ?? 'the usual figures'}`],
  ],
} as const satisfies ProgramContract;
