import './runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import type { Device } from '../../programs/device.ts';
import type { Size } from '../image/letterbox.ts';
import { readClassNames } from './class-names.ts';
import { type ImageModel, type ModelKind, type OutputTensor, readInput } from './model.ts';
import { type ModelFile, readModelFile, unreadableModel } from './model-file.ts';
import { runtimeReason } from './runtime-reason.ts';

export interface ModelSettings {
  readonly modelFile: string;
  /** The folder that no link may lead out of; null: the file is the caller's own. */
  readonly modelRoot: string | null;
  readonly device: Device;
  /** Threads of inference. */
  readonly threads: number;
  /** Side of a square input, px; null: what the file says. */
  readonly imageSize: number | null;
}

export interface OutputShape {
  readonly name: string;
  readonly dims: readonly number[];
}

/** A loaded model; `run` blocks its thread. */
export interface ModelSession {
  readonly model: ImageModel;
  readonly file: Pick<ModelFile, 'metadata' | 'lastOperator'>;
  readonly outputs: readonly OutputShape[];
  /** `input`: `pictures` slots of 3 planes of `model.imageSize`, values 0..1. @returns the first output */
  run(input: Float32Array, pictures: number): Promise<OutputTensor>;
}

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** On a GPU every new batch size costs a search for the fastest convolutions (0.3-1.3 s), so there is but one. */
const gpuBatch = 8;

/**
 * Loads a model and runs it once on an empty input, which shows its outputs and warms it up.
 * @param refuse throws for models that are not of the kind, by the names of their outputs: what a model is says more than what it takes
 *
 * @throws MillraceError MODEL_MISSING, MODEL_UNREADABLE, MODEL_UNSUPPORTED, OUTSIDE_VOLUMES, DEVICE_UNAVAILABLE, WRONG_OPTION or
 * INFERENCE_FAILED
 */
export async function openModel(
  settings: ModelSettings,
  kind: ModelKind,
  refuse: (outputs: readonly string[]) => void,
): Promise<ModelSession> {
  const file = await readModelFile(settings.modelFile, settings.modelRoot);
  const { session, device } = await createOnDevice(settings, file);
  refuse(session.outputNames);
  const input = readInput(session.inputMetadata, file.metadata, settings.imageSize, kind);
  const freeBatch = device === 'cuda' ? gpuBatch : null;
  const batch = input.batch ?? (file.quantisesAsItRuns ? 1 : freeBatch);
  const { width, height } = input.imageSize;
  const feed = (values: Float32Array, pictures: number) =>
    session
      .run({ [session.inputNames[0]!]: new Tensor('float32', values, [pictures, 3, height, width]) })
      .catch((error) => {
        throw inferenceFailed(error, input.imageSize);
      });

  const warmup = await feed(new Float32Array((batch ?? 1) * 3 * height * width), batch ?? 1);
  const classNames = readClassNames(file.metadata.get('names'));
  return {
    model: { ...input, classNames, batch, device },
    file,
    outputs: shapes(session, warmup, kind),
    run: async (values, pictures) => (await feed(values, pictures))[session.outputNames[0]!] as Tensor & OutputTensor,
  };
}

function shapes(
  session: InferenceSession,
  outputs: InferenceSession.ReturnType,
  { name: kind }: ModelKind,
): OutputShape[] {
  return session.outputNames.map((name, index) => {
    const { dims, type } = outputs[name] as Tensor;
    if (index > 0 || type === 'float32') return { name, dims };
    const message = `the model gives ${name} as ${type}; ${kind} gives float32`;
    throw new MillraceError('MODEL_UNSUPPORTED', message, {
      hint: 'export the model with 32-bit floating point outputs',
    });
  });
}

function inferenceFailed(error: unknown, { width, height }: Size): MillraceError {
  const message = `the runtime fails on images of ${width} x ${height} px: ${runtimeReason(error)}`;
  const hint = 'give the --image_size that the model was exported for, a smaller one, or more memory';
  return new MillraceError('INFERENCE_FAILED', message, { hint, cause: error });
}

interface OnDevice {
  readonly session: InferenceSession;
  readonly device: 'cpu' | 'cuda';
}

async function createOnDevice(settings: ModelSettings, file: ModelFile): Promise<OnDevice> {
  if (settings.device === 'cpu') return { session: await create(settings, file, 'cpu'), device: 'cpu' };
  try {
    return { session: await create(settings, file, 'cuda'), device: 'cuda' };
  } catch (cause) {
    // The runtime throws the same kind of error for a missing GPU and for a broken model: the CPU tells them apart.
    const session = await create(settings, file, 'cpu');
    if (settings.device === 'auto') return { session, device: 'cpu' };
    await session.release();
    throw new MillraceError('DEVICE_UNAVAILABLE', 'a GPU was asked for, and CUDA is not available to this worker', {
      hint: 'WITH gpu = 0 runs on the CPU, "--device=auto" on whatever is there',
      cause,
    });
  }
}

async function create(settings: ModelSettings, file: ModelFile, provider: 'cpu' | 'cuda'): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
  };
  try {
    return await InferenceSession.create(file.path, options);
  } catch (cause) {
    throw refusedModel(settings.modelFile, cause);
  }
}

const versions = [
  { pattern: /IR version: (\d+), max supported IR version: (\d+)/, name: 'IR version' },
  { pattern: /Opset (\d+) is under development.*till opset (\d+)/s, name: 'opset' },
];

/** The runtime has read the file and does not take it. */
function refusedModel(file: string, cause: unknown): MillraceError {
  const message = cause instanceof Error ? cause.message : String(cause);
  for (const { pattern, name } of versions) {
    const [, has, most] = pattern.exec(message) ?? [];
    if (has === undefined) continue;
    const hint = `export the model again with ${name} ${most} or less`;
    return unreadableModel(file, `has ONNX ${name} ${has}; the runtime knows those up to ${most}`, hint, cause);
  }
  const hint = 'copy the file again, or export the model with opset 17';
  return unreadableModel(file, `cannot be loaded; the runtime says: ${runtimeReason(cause)}`, hint, cause);
}
