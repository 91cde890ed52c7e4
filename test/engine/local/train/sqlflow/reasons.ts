import type { ErrorCode } from '../../../../../src/errors.ts';

/** How a statement failed. */
export interface Failure {
  readonly source: string;
  readonly code: ErrorCode;
  readonly message: string;
}

interface Reason {
  readonly why: string;
  readonly applies: (failure: Failure) => boolean;
}

const estimator = (...names: readonly string[]) => {
  const unknown = names.map((name) => `unknown estimator '${name}'`);
  return ({ message }: Failure) => unknown.includes(message);
};

/** Why statements of SQLFlow do not run here. The first that applies counts. */
const reasons: readonly Reason[] = [
  {
    why: 'SQLFlow expects this error as well: its test, or the text around the example, is about the mistake',
    applies: ({ source, message }) => mistakes.some(([place, words]) => source === place && message.includes(words)),
  },
  {
    why: 'Its model is recurrent, a time series, a graph network or a deep clustering: an image of your own can train it',
    applies: estimator(
      ...['RNNBasedTimeSeriesModel', 'StackedRNNClassifier', 'StackedBiLSTMClassifier', 'GCN'].map(ofPackage),
      ...['DeepEmbeddingClusterModel', 'ARIMAWithSTLDecomposition'].map(ofPackage),
    ),
  },
  {
    why: 'Its model has no counterpart among our estimators',
    applies: estimator(...['OneClassSVM', 'ScoreCard'].map(ofPackage)),
  },
  {
    why: 'It is for ElasticDL or ALPS, other systems of training',
    applies: estimator('ElasticDLKerasClassifier', 'alipay.SoftmaxClassifier'),
  },
  {
    why: 'Its estimator is an example of a name: SQLFlow has no such model',
    applies: estimator('my_model', 'MyAwesomeClassifier', 'MyDNNRegressor', ofPackage('my_bucket_column_model')),
  },
  {
    why: 'It trains in an image of its own, which runs only on Kubernetes',
    applies: ({ code }) => code === 'UNKNOWN_IMAGE',
  },
  {
    why: 'It has no LABEL, so SQLFlow cannot train it either: the documents leave it out',
    applies: ({ code }) => code === 'TRAIN_LABEL_MISSING',
  },
  {
    why: 'A search needs validation rows: add validation.select',
    applies: ({ code }) => code === 'TRAIN_VALIDATION_MISSING',
  },
  {
    why: 'TreeExplainer explains trees: USING KernelExplainer, or no USING, explains other models',
    applies: ({ code }) => code === 'TRAIN_EXPLAINER',
  },
  {
    why: 'A network needs INDICATOR or EMBEDDING around a category, as in TensorFlow: SQLFlow only parses this COLUMN',
    applies: ({ code }) => code === 'TRAIN_FEATURE',
  },
  {
    why: 'No statement of SQLFlow that runs trains its model',
    applies: ({ code }) => code === 'UNKNOWN_MODEL',
  },
  {
    why: 'Its result is the table that it reads: name another after TO PREDICT',
    applies: ({ code }) => code === 'TABLE_EXISTS',
  },
  {
    why: 'It has attributes of an early design of SQLFlow, which its release rejects as well',
    applies: ({ message }) =>
      ["'layers'", "'n_classes'", "'param'"].some((name) => message.includes(`attribute ${name}`)),
  },
  {
    why: 'It measures classes as if they were numbers: a classifier has accuracy and others',
    applies: ({ code }) => code === 'TRAIN_METRIC_UNKNOWN',
  },
  {
    why: 'It asks for an output that only OneClassSVM has',
    applies: ({ message }) => message.includes("attribute 'predict.extra_outputs'"),
  },
];

function ofPackage(name: string): string {
  return `sqlflow_models.${name}`;
}

const mistakes: readonly (readonly [source: string, words: string])[] = [
  ['doc/design/diag_attribute_error.md:8', '3 values, but the statement says 2 classes'],
  ['go/cmd/sqlflowserver/e2e_mysql_test.go:261', 'returns no rows'],
  ['go/cmd/sqlflowserver/e2e_mysql_test.go:265', "'target'"],
  ['go/cmd/sqlflowserver/e2e_mysql_test.go:269', "'DNNRegressora'"],
  ['go/cmd/sqlflowserver/e2e_mysql_test.go:276', "near '%s'"],
  ['go/cmd/sqlflowserver/e2e_mysql_test.go:283', "near '%s LIMIT 30'"],
  ['go/cmd/sqlflowserver/e2e_workflow_test.go:107', "'model.no_exists_param'"],
  ['go/sql/executor_ir_test.go:278', "'model.stddev'"],
];

/** What sqlflow-not-run.txt says. @throws if a failure has no reason */
export function listed(failures: readonly Failure[]): string {
  const groups = reasons.map(({ why }) => ({ why, lines: [] as string[] }));
  for (const failure of failures) {
    const at = reasons.findIndex(({ applies }) => applies(failure));
    const { source, code, message } = failure;
    if (at < 0) throw new Error(`no reason is known for ${source}  ${code}: ${message}`);
    groups[at]!.lines.push(`${source}  ${code}: ${message}`);
  }
  const written = groups.filter(({ lines }) => lines.length > 0);
  return written.map(({ why, lines }) => `# ${why} (${lines.length})\n${lines.sort().join('\n')}\n`).join('\n');
}
