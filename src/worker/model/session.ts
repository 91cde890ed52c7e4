import './runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import { editModel, pixelsInput } from './graph/edit-model.ts';
import { halfTensor, halvesOf } from './half-tensor.ts';
import type { LookedModel, ModelSettings } from './look-at-model.ts';
import type { Outputs, OutputTensor } from './model.ts';
import { type InputValues, preprocess } from './preprocess.ts';
import type { ConstantInput, ModelUse } from './preprocessing.ts';
import { inferenceFailed, refusedModel } from './runtime-errors.ts';
import { runtimeReason } from './runtime-reason.ts';

/** What a session is opened from; all of it can be sent to a thread. */
export interface SessionPlan extends Pick<LookedModel, 'file' | 'input'> {
  readonly settings: Pick<ModelSettings, 'device' | 'threads'>;
  readonly use: ModelUse;
}

export type Processor = 'cpu' | 'cuda';

/** A loaded model; `run` blocks its thread. */
export interface ModelSession {
  /** Where it runs. */
  readonly device: Processor;
  /** Why its preprocessing is not part of the graph; null: it is. */
  readonly notEdited: string | null;
  /** @param pixels `[pictures, height, width, 3]`, R, G, B */
  run(pixels: Uint8Array, pictures: number): Promise<Outputs>;
}

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** Loads a model to be used as planned. @throws MillraceError MODEL_UNREADABLE or DEVICE_UNAVAILABLE */
export async function openSession(plan: SessionPlan): Promise<ModelSession> {
  const { session, device, notEdited } = await openOnDevice(plan);
  const { input, use } = plan;
  const run = async (pixels: Uint8Array, pictures: number): Promise<Outputs> => {
    const feeds = notEdited === null ? pixelFeeds(pixels, pictures, plan) : valueFeeds(pixels, pictures, plan);
    for (const constant of use.constants) feeds[constant.name] = constantTensor(constant, pictures);
    const outputs = await session.run(feeds).catch((error) => {
      throw inferenceFailed(error, input.imageSize);
    });
    return new Map(Object.entries(outputs).map(([name, tensor]) => [name, outputTensor(tensor as Tensor)]));
  };
  return { device, notEdited, run };
}

type Feeds = Record<string, Tensor>;

function pixelFeeds(pixels: Uint8Array, pictures: number, { input }: SessionPlan): Feeds {
  const { width, height } = input.imageSize;
  return { [pixelsInput]: new Tensor('uint8', pixels, [pictures, height, width, 3]) };
}

function valueFeeds(pixels: Uint8Array, pictures: number, { input, use: { preprocessing } }: SessionPlan): Feeds {
  const { width, height } = input.imageSize;
  const values = preprocess(pixels, pictures, preprocessing);
  const dims = preprocessing.layout === 'nchw' ? [pictures, 3, height, width] : [pictures, height, width, 3];
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

interface OnDevice {
  readonly session: InferenceSession;
  readonly device: Processor;
  readonly notEdited: string | null;
}

async function openOnDevice(plan: SessionPlan): Promise<OnDevice> {
  const { device } = plan.settings;
  if (device === 'cpu') return { ...(await open(plan, 'cpu')), device: 'cpu' };
  try {
    return { ...(await open(plan, 'cuda')), device: 'cuda' };
  } catch (cause) {
    if (device === 'auto') return { ...(await open(plan, 'cpu')), device: 'cpu' };
    throw new MillraceError('DEVICE_UNAVAILABLE', 'a GPU was asked for, and CUDA is not available to this worker', {
      hint: 'WITH gpu = 0 runs on the CPU, "--device=auto" on whatever is there',
      cause,
    });
  }
}

/** A model that cannot be edited, or is not taken once it is, is used as it is. */
async function open(plan: SessionPlan, provider: Processor): Promise<Omit<OnDevice, 'device'>> {
  const { file, input, use, settings } = plan;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
  };
  const asItIs = async (notEdited: string) => {
    try {
      return { session: await InferenceSession.create(file.path, options), notEdited };
    } catch (cause) {
      throw refusedModel(file.named, cause);
    }
  };
  if (file.externalFiles.size > 0) return asItIs('its weights are in other files');
  try {
    const edited = editModel(file.bytes, input, use.preprocessing, input.batch);
    return { session: await InferenceSession.create(edited, options), notEdited: null };
  } catch (cause) {
    return asItIs(runtimeReason(cause));
  }
}
