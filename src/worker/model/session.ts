import './runtime-environment.ts';
import { dirname } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import { batchSize } from './batch-size.ts';
import { editModel, type ModelEdit, outputNamed, pixelsInput } from './graph/edit-model.ts';
import { reduced } from './graph/reduction-nodes.ts';
import { halfTensor, halvesOf } from './half-tensor.ts';
import type { LookedModel, ModelSettings } from './look-at-model.ts';
import type { Outputs, OutputTensor, Processor } from './model.ts';
import { type InputValues, preprocess } from './preprocess.ts';
import type { ConstantInput, ModelUse, Reduction } from './preprocessing.ts';
import { openQuestion } from './read-reduced.ts';
import { inferenceFailed, refusedModel } from './runtime-errors.ts';
import { runtimeReason } from './runtime-reason.ts';

/** What a session is opened from; all of it can be sent to a thread. */
export interface SessionPlan extends Pick<LookedModel, 'file' | 'input' | 'outputs' | 'isDeclared'> {
  readonly settings: Pick<ModelSettings, 'device' | 'threads' | 'batch'>;
  /** Number of the GPU among those that the process sees; the first if absent. */
  readonly gpu?: number;
  readonly use: ModelUse;
}

/** A loaded model; `run` blocks its thread. */
export interface ModelSession {
  /** Where it runs. */
  readonly device: Processor;
  /** Why it does not run on a GPU, although it would if it could; null: it does, or need not. */
  readonly notOnGpu: string | null;
  /** What is not part of the graph, and why; null: all that should be is. */
  readonly notEdited: string | null;
  /**
   * @param pixels `[pictures, height, width, 3]`, R, G, B; of one picture if a batch has one
   * @param size height and width; absent: those of the model's input
   * @returns the model's outputs, or the best candidates of one: see read-reduced.ts
   */
  run(pixels: Uint8Array, pictures: number, size?: Size): Promise<Outputs>;
}

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** Loads a model to be used as planned. @throws MillraceError MODEL_UNREADABLE or DEVICE_UNAVAILABLE */
export async function openSession(plan: SessionPlan): Promise<ModelSession> {
  const { session, device, notOnGpu, edit, notEdited } = await openOnDevice(plan);
  const { input, use, outputs } = plan;
  const given = edit?.isSparse ? outputs.filter(({ name }) => name === edit.reduction?.output) : outputs;
  let unchecked = plan.isDeclared ? given : [];
  const ask = async ({ pixels, pictures, size }: Batch, names: readonly string[], count?: number) => {
    const feeds = edit === null ? valueFeeds(pixels, pictures, size, plan) : pixelFeeds(pixels, pictures, size);
    for (const constant of use.constants) feeds[constant.name] = constantTensor(constant, pictures);
    if (isReducing(edit)) feeds[reduced.count] = new Tensor('int64', BigInt64Array.of(BigInt(count ?? 1)), [1]);
    const wanted = new Set([...names, ...unchecked.map(({ name }) => name)]);
    const answered = await session.run(feeds, [...wanted]).catch((error) => {
      throw inferenceFailed(error, size, input.imageSize);
    });
    checkOutputs(answered, unchecked, input.batch === null ? pictures : 1, edit?.isSparse ?? false);
    unchecked = [];
    return new Map(names.map((name) => [name, outputTensor(answered[name] as Tensor)]));
  };
  const all = (batch: Batch) =>
    ask(
      batch,
      given.map(({ name }) => name),
    );
  const answer = isReducing(edit) ? reducing(ask, all, edit.reduction, outputs) : all;
  const run: ModelSession['run'] = (pixels, pictures, size = input.imageSize) => answer({ pixels, pictures, size });
  return { device, notOnGpu, notEdited, run };
}

/** Whether the graph gives the best candidates instead of an output. */
function isReducing(edit: ModelEdit | null): edit is ModelEdit & { readonly reduction: Reduction } {
  return edit !== null && edit.reduction !== null && !edit.isSparse;
}

/**
 * @param pictures by which the first dimension is multiplied
 * @param isSparse whether the second one is the number of boxes that were chosen
 * @throws Error where an output is not as the file declares it
 */
function checkOutputs(
  answered: InferenceSession.OnnxValueMapType,
  declared: SessionPlan['outputs'],
  pictures: number,
  isSparse: boolean,
): void {
  for (const { name, type, dims } of declared) {
    const given = answered[name] as Tensor;
    const expected = dims.map((dim, at) => (at === 0 ? dim * pictures : at === 1 && isSparse ? given.dims[1]! : dim));
    if (given.type === type && given.dims.join() === expected.join()) continue;
    const [is, said] = [`${given.type} [${given.dims}]`, `${type} [${expected}]`];
    throw new Error(`the output '${name}' is ${is}, and the file declares ${said}`);
  }
}

/** Candidates that are asked for at first: more than a picture has above any usual confidence. */
const usualCount = 1000;

/** `[pictures, height, width, 3]` of a size. */
interface Batch {
  readonly pixels: Uint8Array;
  readonly pictures: number;
  readonly size: Size;
}

type Ask = (batch: Batch, names: readonly string[], count: number) => Promise<Outputs>;

/** Asks for the best candidates; for more of them where these may not be all, and for all outputs where one is no number. */
function reducing(
  ask: Ask,
  all: (batch: Batch) => Promise<Outputs>,
  reduction: Reduction,
  outputs: SessionPlan['outputs'],
): (batch: Batch) => Promise<Outputs> {
  const boxes = outputNamed(outputs, reduction.output).dims[reduction.kind === 'v8' ? 2 : 1]!;
  let count = Math.min(usualCount, boxes);
  return async (batch) => {
    for (;;) {
      const answered = await ask(batch, [reduced.candidates, reduced.check], count);
      const question = openQuestion(answered, reduction, count, boxes);
      if (question === 'numbers') return all(batch);
      if (question === null) return answered;
      count = Math.min(count * 4, boxes);
    }
  };
}

type Feeds = Record<string, Tensor>;

function pixelFeeds(pixels: Uint8Array, pictures: number, { width, height }: Size): Feeds {
  return { [pixelsInput]: new Tensor('uint8', pixels, [pictures, height, width, 3]) };
}

function valueFeeds(
  pixels: Uint8Array,
  pictures: number,
  { width, height }: Size,
  { input, use: { preprocessing } }: SessionPlan,
): Feeds {
  const values = preprocess(pixels, pictures, preprocessing);
  const sides = preprocessing.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const dims = input.isSingle ? sides : [pictures, ...sides];
  return { [input.name]: valueTensor(values, dims) };
}

function valueTensor(values: InputValues, dims: readonly number[]): Tensor {
  if (values instanceof Float32Array) return new Tensor('float32', values, dims);
  return values instanceof Uint8Array ? new Tensor('uint8', values, dims) : halfTensor(values, dims);
}

function constantTensor({ type, values }: ConstantInput, pictures: number): Tensor {
  const all = Array.from({ length: pictures }, () => values).flat();
  const dims = [pictures, values.length];
  return type === 'int64'
    ? new Tensor('int64', BigInt64Array.from(all, BigInt), dims)
    : new Tensor('float32', Float32Array.from(all), dims);
}

function outputTensor({ data, dims, type }: Tensor): OutputTensor {
  if (data instanceof Float32Array) return { data, dims };
  if (type === 'float16') return { data: Float32Array.from(halvesOf(data as Uint16Array)), dims };
  return { data: Float32Array.from(data as ArrayLike<number>, Number), dims };
}

interface Opened {
  readonly session: InferenceSession;
  /** What is part of the graph; null: nothing. */
  readonly edit: ModelEdit | null;
  readonly notEdited: string | null;
}

async function openOnDevice(plan: SessionPlan): Promise<Opened & Pick<ModelSession, 'device' | 'notOnGpu'>> {
  const { device } = plan.settings;
  if (device === 'cpu') return { ...(await open(plan, 'cpu')), device: 'cpu', notOnGpu: null };
  try {
    return { ...(await open(plan, 'cuda')), device: 'cuda', notOnGpu: null };
  } catch (cause) {
    // The model itself has run on the CPU before: what fails is CUDA.
    const notOnGpu = runtimeReason(cause instanceof MillraceError ? cause.cause : cause);
    if (device === 'auto') return { ...(await open(plan, 'cpu')), device: 'cpu', notOnGpu };
    const message = `a GPU was asked for, and CUDA is not available to this worker: ${notOnGpu}`;
    throw new MillraceError('DEVICE_UNAVAILABLE', message, {
      hint: 'WITH gpu = 0 runs on the CPU, "--device=auto" on whatever is there; millrace doctor checks driver and libraries',
      cause,
    });
  }
}

/** A model that cannot be edited, or is not taken once it is, is used as it is. */
async function open(plan: SessionPlan, provider: Processor): Promise<Opened> {
  const { file, input, outputs, use, settings, gpu } = plan;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider === 'cuda' ? { name: provider, deviceId: gpu ?? 0 } : provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
  };
  const failures: string[] = [];
  const pictures = provider === 'cpu' && batchSize(plan, 'cpu') === 1 ? 1 : input.batch;
  for (const edit of editsOf(use, provider === 'cpu' && pictures === 1)) {
    try {
      const edited = editModel(file.bytes, input, outputs, edit, pictures);
      const session = await InferenceSession.create(edited, { ...options, ...besideFile(file.path) });
      return {
        session,
        edit,
        notEdited: failures.length === 0 ? null : `its output is read whole: ${failures.join()}`,
      };
    } catch (cause) {
      // A head that cannot be made sparse is an ordinary one.
      if (!edit.isSparse) failures.push(runtimeReason(cause));
    }
  }
  try {
    const notEdited = `its pixels are prepared and its output read outside the graph: ${failures.at(-1)}`;
    return { session: await InferenceSession.create(file.path, options), edit: null, notEdited };
  } catch (cause) {
    throw refusedModel(file.named, cause);
  }
}

/** Where an edited model finds weights that are in files of their own: kOrtSessionOptionsModelExternalInitializersFileFolderPath. */
function besideFile(path: string): InferenceSession.SessionOptions {
  return { extra: { session: { model_external_initializers_file_folder_path: dirname(path) } } };
}

/** The best first. */
function editsOf({ constants: _, ...use }: ModelUse, isOnePicture: boolean): readonly ModelEdit[] {
  const plain = { ...use, reduction: null, isSparse: false };
  if (use.reduction === null) return [plain];
  const dense = { ...use, isSparse: false };
  // On a GPU, a number of boxes that differs from picture to picture would cost more than it saves.
  return use.reduction.kind === 'v5' && isOnePicture ? [{ ...dense, isSparse: true }, dense, plain] : [dense, plain];
}
