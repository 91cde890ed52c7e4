import { decodeImage } from '../src/worker/image/decode.ts';
import { placePicture } from '../src/worker/image/place.ts';
import { readOwnImage } from '../src/worker/image/read-image.ts';
import { openSession } from '../src/worker/model/session.ts';
import { type LookedDetector, lookAtDetector } from '../src/worker/programs/detect/detector-model.ts';

// A process that only runs inference: onnxruntime with the worker's options, on tensors that are prepared before the clock starts.

/** Passed as JSON in the environment. */
export interface RuntimeWork {
  readonly modelFile: string;
  readonly files: readonly string[];
}

const { modelFile, files }: RuntimeWork = JSON.parse(process.env.BENCH_RUNTIME ?? '');
const settings = { modelFile, modelRoot: null, device: 'cpu', threads: 1, imageSize: null, confidence: 0.25 } as const;
const looked = await lookAtDetector(settings);
const use = { preprocessing: looked.preprocessing, reduction: null, constants: [] };
const session = await openSession({ ...looked, use, settings });
const inputs = await Promise.all(files.map((file) => packed(file, looked)));
process.on('message', () => void inferAll().then((seconds) => process.send?.(seconds)));
process.send?.('ready');

async function inferAll(): Promise<number> {
  const started = performance.now();
  for (const input of inputs) await session.run(input, 1);
  return (performance.now() - started) / 1000;
}

async function packed(file: string, { model, preprocessing }: LookedDetector): Promise<Uint8Array> {
  const { width, height } = model.imageSize;
  const slot = new Uint8Array(3 * width * height);
  placePicture(
    await decodeImage(await readOwnImage(file)),
    preprocessing.placement,
    preprocessing.padding,
    model.imageSize,
    slot,
  );
  return slot;
}
