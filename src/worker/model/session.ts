import './runtime-environment.ts';
import { readFile } from 'node:fs/promises';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import type { Device } from '../../task.ts';
import type { Output, ReadCandidates } from './candidates.ts';
import { type OutputShape, recogniseFamily } from './family.ts';
import { readMetadata } from './metadata.ts';
import { type Model, readClassNames, readInput, unreadableModel } from './model.ts';

export interface ModelSettings {
  readonly modelFile: string;
  readonly device: Device;
  /** Threads of inference. */
  readonly threads: number;
  /** Side of a square input, px; null: what the file says. */
  readonly imageSize: number | null;
}

/** A loaded model; `run` blocks its thread. */
export interface Session {
  readonly model: Model;
  readonly read: ReadCandidates;
  /** `input`: `pictures` slots of 3 planes of `model.imageSize`, values 0..1. */
  run(input: Float32Array, pictures: number): Promise<Output>;
}

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** On a GPU every new batch size costs a search for the fastest convolutions (0.3-1.3 s), so there is but one. */
const gpuBatch = 8;

/**
 * Loads a detector and runs it once on an empty input, which shows its family and warms it up.
 *
 * @throws MillraceError MODEL_MISSING, MODEL_UNREADABLE, MODEL_UNSUPPORTED, DEVICE_UNAVAILABLE or WRONG_OPTION
 */
export async function openSession(settings: ModelSettings): Promise<Session> {
  const metadata = await readModelMetadata(settings.modelFile);
  const { session, device } = await createOnDevice(settings);
  const classNames = readClassNames(metadata);
  const input = readInput(session.inputMetadata, metadata, settings.imageSize);
  const batch = input.batch ?? (device === 'cuda' ? gpuBatch : null);
  const { width, height } = input.imageSize;
  const feed = (values: Float32Array, pictures: number) =>
    session.run({ [session.inputNames[0]!]: new Tensor('float32', values, [pictures, 3, height, width]) });

  const warmup = await feed(new Float32Array((batch ?? 1) * 3 * height * width), batch ?? 1);
  const family = recogniseFamily(shapes(session, warmup), classNames.length, input.imageSize);
  return {
    model: { ...input, family: family.name, classNames, batch, device },
    read: family.read,
    run: async (values, pictures) => (await feed(values, pictures))[session.outputNames[0]!] as Tensor & Output,
  };
}

function shapes(session: InferenceSession, outputs: InferenceSession.ReturnType): OutputShape[] {
  return session.outputNames.map((name) => ({ name, dims: (outputs[name] as Tensor).dims }));
}

async function readModelMetadata(file: string): Promise<Map<string, string>> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no model file' : `the model file cannot be read (${cause.code})`;
    throw new MillraceError('MODEL_MISSING', `${what}: ${file}`, {
      hint: 'check --model and the volume it lies in',
      cause,
    });
  });
  try {
    return readMetadata(bytes);
  } catch (cause) {
    throw unreadableModel(file, cause);
  }
}

interface OnDevice {
  readonly session: InferenceSession;
  readonly device: 'cpu' | 'cuda';
}

async function createOnDevice(settings: ModelSettings): Promise<OnDevice> {
  if (settings.device === 'cpu') return { session: await create(settings, 'cpu'), device: 'cpu' };
  try {
    return { session: await create(settings, 'cuda'), device: 'cuda' };
  } catch (cause) {
    // The runtime throws the same kind of error for a missing GPU and for a broken model: the CPU tells them apart.
    const session = await create(settings, 'cpu');
    if (settings.device === 'auto') return { session, device: 'cpu' };
    await session.release();
    throw new MillraceError('DEVICE_UNAVAILABLE', 'a GPU was asked for, and CUDA is not available to this worker', {
      hint: 'WITH gpu = 0 runs on the CPU, "--device=auto" on whatever is there',
      cause,
    });
  }
}

async function create(settings: ModelSettings, provider: 'cpu' | 'cuda'): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
  };
  try {
    return await InferenceSession.create(settings.modelFile, options);
  } catch (cause) {
    throw unreadableModel(settings.modelFile, cause);
  }
}
