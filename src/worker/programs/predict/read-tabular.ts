import { MillraceError } from '../../../errors.ts';
import type { DeclaredValue } from '../../../onnx/declared-value.ts';
import type { ElementType } from '../../../onnx/onnx-fields.ts';
import type { OnnxFile } from '../../../onnx/onnx-file.ts';
import type { TabularFacts, TabularInput } from '../../../tabular-model.ts';

/** A model whose inputs are columns of a table. */
export interface TabularModel {
  readonly facts: TabularFacts;
  /** The classes in the order of the probabilities; of a model of others, their numbers. */
  readonly classNames: readonly string[];
  readonly inputs: readonly TensorInput[];
  /** The output with what is predicted; and that with probabilities of classes, a class's margin, or distances to clusters, if it has one. */
  readonly outputs: { readonly predicted: string; readonly scores: string | null };
}

export interface TensorInput extends TabularInput {
  readonly type: InputType;
  /** `[n, 1]` or `[n]` */
  readonly rank: 1 | 2;
}

/** Types of inputs: float32 and text in models of TO TRAIN, the others in those of other exporters. */
const inputTypes = ['float32', 'float64', 'int32', 'int64', 'bool', 'string'] as const satisfies readonly ElementType[];

export type InputType = (typeof inputTypes)[number];

/**
 * What an ONNX file says about itself: its inputs are one for each column, `[n, 1]` or `[n]`.
 * @returns null if its inputs are others
 * @throws {MillraceError} MODEL_UNSUPPORTED if its outputs cannot be told
 */
export function readTabular({ inputs, outputs, metadata }: OnnxFile): TabularModel | null {
  const columns = inputs.map(columnInput);
  if (columns.length === 0 || columns.includes(null)) return null;
  const read = columns as readonly TensorInput[];
  const trained = metadata.get('millrace.kind');
  const said = trained === undefined ? outputsByShape(outputs) : outputsByName(trained, outputs, metadata);
  const { predicted, scores, classNames, ...facts } = said;
  return {
    facts: { inputs: read.map(({ name, kind }) => ({ name, kind })), ...facts },
    classNames,
    inputs: read,
    outputs: { predicted, scores },
  };
}

function columnInput({ name, type, shape }: DeclaredValue): TensorInput | null {
  const known = inputTypes.find((each) => each === type);
  const isColumn = shape?.length === 1 || (shape?.length === 2 && shape[1] === 1);
  if (known === undefined || !isColumn) return null;
  return { name, type: known, kind: known === 'string' ? 'text' : 'number', rank: shape.length as 1 | 2 };
}

type Said = Omit<TabularFacts, 'inputs'> & TabularModel['outputs'] & Pick<TabularModel, 'classNames'>;

/** The trainer names its outputs, and the classes, in the metadata (trainer/README.md). */
function outputsByName(kind: string, outputs: readonly DeclaredValue[], metadata: OnnxFile['metadata']): Said {
  const entry = (name: string) => JSON.parse(metadata.get(`millrace.${name}`) ?? 'null') as unknown;
  const [names, classes, label] = [entry('outputs') as Record<string, string>, entry('classes'), entry('label')];
  const predicted = names.label ?? names.value;
  const scores = names.probabilities ?? names.distances ?? names.value ?? null;
  const known = Array.isArray(classes) ? (classes as readonly (string | number)[]) : null;
  if (predicted === undefined) throw unsupported('has neither a label nor a value among its outputs');
  return {
    output: kind === 'classifier' ? 'class' : kind === 'clusters' ? 'cluster' : 'value',
    label: typeof label === 'string' ? label : null,
    estimator: metadata.get('millrace.estimator') ?? null,
    type: typeOf(outputs, predicted),
    values: kind === 'regressor' ? widthOf(outputs, predicted) : 1,
    hasProbabilities: names.probabilities !== undefined,
    predicted,
    scores: scores === predicted ? null : scores,
    classNames: (known ?? []).map(String),
  };
}

/** Other exporters have the class first, and then the probabilities (`[n, classes]`, or a list of maps); or only a number. */
function outputsByShape(outputs: readonly DeclaredValue[]): Said {
  const common = { label: null, estimator: null };
  const classes = outputs.find(({ type, shape }) => isLabel(type) && isFlat(shape));
  const numbers = outputs.filter(({ type }) => type === 'float32' || type === 'float64');
  if (classes !== undefined) {
    const scores = numbers.find(({ shape }) => shape?.length === 2 && typeof shape[1] === 'number' && shape[1] > 1);
    const count = scores === undefined ? 0 : Number(scores.shape![1]);
    return {
      ...common,
      output: 'class',
      type: typeOf(outputs, classes.name),
      values: 1,
      hasProbabilities: scores !== undefined,
      predicted: classes.name,
      scores: scores?.name ?? null,
      classNames: Array.from({ length: count }, (_, at) => String(at)),
    };
  }
  const [value] = numbers;
  if (value === undefined || numbers.length > 1 || !(isFlat(value.shape) || value.shape?.length === 2))
    throw unsupported('has neither a class nor one number among its outputs');
  const values = widthOf(outputs, value.name);
  const only = { predicted: value.name, scores: null, classNames: [], hasProbabilities: false };
  return { ...common, output: 'value', type: 'real', values, ...only };
}

const isLabel = (type: DeclaredValue['type']) => type === 'int64' || type === 'int32' || type === 'string';

const isFlat = (shape: DeclaredValue['shape']) => shape?.length === 1 || (shape?.length === 2 && shape[1] === 1);

/** Number of columns of an output; one that does not declare it has one. */
function widthOf(outputs: readonly DeclaredValue[], name: string): number {
  const shape = outputs.find((each) => each.name === name)?.shape;
  return shape?.length === 2 && typeof shape[1] === 'number' ? Math.max(1, shape[1]) : 1;
}

function typeOf(outputs: readonly DeclaredValue[], name: string): TabularFacts['type'] {
  const type = outputs.find((each) => each.name === name)?.type ?? null;
  if (type === 'string') return 'text';
  return type === 'int64' || type === 'int32' ? 'whole' : 'real';
}

function unsupported(what: string): MillraceError {
  return new MillraceError('MODEL_UNSUPPORTED', `the model reads columns of a table, but ${what}`, {
    hint: 'export it with a class or a number for each row as its first output',
  });
}
