import './runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { DeclaredValue } from '../../onnx/declared-value.ts';
import type { Device } from '../../programs/device.ts';
import type { Size } from '../image/letterbox.ts';
import { readClassNames } from './class-names.ts';
import { halfTensor } from './half-tensor.ts';
import {
  type DeclaredShape,
  type ImageModel,
  type ModelKind,
  type PictureInput,
  readInput,
  type TypedOutput,
} from './model.ts';
import { type ModelFile, readModelFile } from './model-file.ts';
import { inferenceFailed, refusedModel } from './runtime-errors.ts';

export interface ModelSettings {
  readonly modelFile: string;
  /** The folder that no link may lead out of; null: the file is the caller's own. */
  readonly modelRoot: string | null;
  readonly device: Device;
  /** Threads of inference. */
  readonly threads: number;
  /** Pictures per run; null or absent: as many as suit the device. */
  readonly batch?: number | null;
  /** Size of the input; null: what the file says. */
  readonly imageSize: Size | null;
}

export interface OutputShape {
  readonly name: string;
  readonly dims: readonly number[];
}

/** What a model is, by its file and its outputs. */
export interface LookedModel {
  readonly model: ImageModel;
  readonly file: ModelFile;
  readonly input: PictureInput;
  /** Inputs besides the one for pictures. */
  readonly otherInputs: readonly string[];
  readonly outputs: readonly TypedOutput[];
  /** Whether the outputs' shapes are those of `lookAtDeclaration`: the first run must check them. */
  readonly isDeclared: boolean;
}

/** A way to learn what a model is. */
export type Look = typeof lookAtModel;

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** Loading is faster than with them, and one run gains nothing. */
const withoutOptimizations = { graphOptimizationLevel: 'disabled', enableCpuMemArena: false } as const;

/**
 * Reads a model and runs it once on an empty picture, on the CPU: the shapes of its outputs tell its family.
 * @param refuse throws for models that are not of the kind, by the names of their outputs: what a model is says more than what it takes
 *
 * @throws MillraceError MODEL_MISSING, MODEL_UNREADABLE, MODEL_UNSUPPORTED, OUTSIDE_VOLUMES, WRONG_OPTION or INFERENCE_FAILED
 */
export async function lookAtModel(
  settings: ModelSettings,
  kind: ModelKind,
  refuse: (outputs: readonly string[]) => void,
): Promise<LookedModel> {
  const file = await readModelFile(settings.modelFile, settings.modelRoot);
  const session = await open(file, settings.threads);
  try {
    refuse(session.outputNames);
    const input = readInput(session.inputMetadata, file.metadata, settings.imageSize, kind);
    const outputs = await run(session, input);
    return { ...looked(file, input, session.inputNames), outputs, isDeclared: false };
  } finally {
    await session.release();
  }
}

/**
 * The same without loading the model, by the shapes that the file declares, and by what its free dimensions are likely to be.
 * @throws Error where that is not known of all; MillraceError as `lookAtModel`
 */
export async function lookAtDeclaration(
  settings: ModelSettings,
  kind: ModelKind,
  refuse: (outputs: readonly string[]) => void,
): Promise<LookedModel> {
  const file = await readModelFile(settings.modelFile, settings.modelRoot);
  const inputs = file.inputs.map(declared);
  const outputs = file.outputs.map(declared);
  refuse(outputs.map(({ name }) => name));
  const input = readInput(inputs, file.metadata, settings.imageSize, kind);
  const names = inputs.map(({ name }) => name);
  const known = looked(file, input, names);
  const [batch] = input.isSingle ? [] : inputs.find(({ name }) => name === input.name)!.shape;
  const dimension = (shape: DeclaredShape, at: number) => {
    if (at === 0 && shape[0] === batch) return 1;
    return kind.likelyDimension?.(shape, at, input, known.model.classNames.length) ?? null;
  };
  return {
    ...known,
    outputs: outputs.map(({ name, type, shape }) => ({ name, type, dims: withoutFree(name, shape, dimension) })),
    isDeclared: true,
  };
}

function declared({ name, type, dims }: DeclaredValue) {
  if (type === null || dims === null) throw new Error(`the file does not declare the shape of '${name}'`);
  return { name, isTensor: true, type, shape: dims } as const;
}

function withoutFree(
  output: string,
  shape: DeclaredShape,
  likely: (shape: DeclaredShape, at: number) => number | null,
): readonly number[] {
  return shape.map((dim, at) => {
    const known = typeof dim === 'number' ? dim : likely(shape, at);
    if (known === null) throw new Error(`the dimension '${dim}' of the output '${output}' is free`);
    return known;
  });
}

function looked(file: ModelFile, input: PictureInput, inputNames: readonly string[]) {
  const batch = input.batch ?? (file.quantisesAsItRuns ? 1 : null);
  const { stride, imageSize } = input;
  return {
    model: { classNames: readClassNames(file.metadata.get('names')), stride, imageSize, batch },
    file,
    input: { ...input, batch },
    otherInputs: inputNames.filter((name) => name !== input.name),
  };
}

async function open({ path, named }: ModelFile, threads: number): Promise<InferenceSession> {
  const options = { executionProviders: ['cpu'], intraOpNumThreads: threads, interOpNumThreads: 1 };
  try {
    return await InferenceSession.create(path, { ...options, ...withoutOptimizations });
  } catch (cause) {
    throw refusedModel(named, cause);
  }
}

async function run(session: InferenceSession, input: PictureInput): Promise<readonly TypedOutput[]> {
  const { width, height } = input.imageSize;
  const sides = input.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const dims = input.isSingle ? sides : [input.batch ?? 1, ...sides];
  try {
    const feeds = session.inputMetadata.map((value) => [
      value.name,
      value.name === input.name ? emptyTensor(input.type, dims) : otherInput(value, input),
    ]);
    const outputs = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => {
      const { dims, type } = outputs[name] as Tensor;
      return { name, dims, type };
    });
  } catch (error) {
    throw inferenceFailed(error, input.imageSize);
  }
}

/** Models that want more than a picture want its size, as far as is known. */
function otherInput(
  value: InferenceSession.ValueMetadata,
  { imageSize: { width, height }, batch }: PictureInput,
): Tensor {
  const [type, shape] = value.isTensor ? [value.type, value.shape] : ['float32' as const, []];
  const dims = shape.map((dim, at) => (typeof dim === 'number' ? dim : at === 0 ? (batch ?? 1) : 2));
  const sides = Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, at) =>
    at % 2 === 0 ? height : width,
  );
  return type === 'int64'
    ? new Tensor('int64', BigInt64Array.from(sides, BigInt), dims)
    : new Tensor(type, sides, dims);
}

function emptyTensor(type: PictureInput['type'], dims: readonly number[]): Tensor {
  const length = dims.reduce((product, dim) => product * dim, 1);
  if (type === 'uint8') return new Tensor('uint8', new Uint8Array(length), dims);
  return type === 'float16'
    ? halfTensor(new Float16Array(length), dims)
    : new Tensor('float32', new Float32Array(length), dims);
}
