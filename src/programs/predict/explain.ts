import type { Options, ProgramContract, ResultShape, Settings } from '../contract.ts';
import { modelOptions } from '../model-options.ts';

const options = {
  model: modelOptions.model,
  explanation: { kind: 'explanation', takes: 'what TO EXPLAIN asks for' },
} as const satisfies Options;

type ExplainSettings = Settings<typeof options>;

/** All rows and their values are in memory at once: docs/training.md says how much that takes. */
const mostRows = 200_000;

/** Says what each feature adds to each prediction: a row has an output for each feature, and for each class if the model tells several apart. */
export const explain = {
  name: 'explain',
  inputs: 'rows',
  rows: 'whole',
  options,
  aliases: {},
  optionsElsewhere: {},
  unusedAttributes: ['batch_size', 'commit_rows', 'partition_by', 'parallelism', 'pods', 'gpu'],
  readsTable: true,
  mostRows: () => mostRows,
  namesColumnsByClass: () => true,
  result: (): ResultShape => ({
    outputs: 'SHAP values',
    numbering: 'value_no',
    columns: [
      { name: 'class_name', type: 'text', nullable: true },
      { name: 'feature', type: 'text' },
      { name: 'shap_value', type: 'real', decimals: null, nullable: true },
      { name: 'base_value', type: 'real', decimals: null, nullable: true },
    ],
  }),
  explain: ({ model, explanation: { explainer, samples, background } }: ExplainSettings) => [
    ['explain', `${model} by ${explainer ?? 'TreeExplainer if it has trees, otherwise by KernelExplainer'}`],
    ...(explainer === 'TreeExplainer'
      ? []
      : [['sample', `${samples} combinations of features, over ${background} rows of the query`] as const]),
    ['within', `at most ${mostRows} rows`],
  ],
} as const satisfies ProgramContract;
