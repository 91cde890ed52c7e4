import { decodeImage } from '../src/worker/image/decode.ts';
import { letterbox } from '../src/worker/image/letterbox.ts';
import { packImage } from '../src/worker/image/pack.ts';
import { type DetectorSession, openDetectorSession } from '../src/worker/programs/yolo/detector-session.ts';

// A process that only runs inference: onnxruntime with the worker's options, on tensors that are prepared before the clock starts.

/** Passed as JSON in the environment. */
export interface RuntimeWork {
  readonly modelFile: string;
  readonly files: readonly string[];
}

/** The detector's batch size on a CPU. */
const batchSize = 4;

interface Batch {
  readonly input: Float32Array;
  readonly pictures: number;
}

const { modelFile, files }: RuntimeWork = JSON.parse(process.env.BENCH_RUNTIME ?? '');
const session = await openDetectorSession({ modelFile, modelRoot: null, device: 'cpu', threads: 1, imageSize: null });
const batches = await packAll(session, files);
process.on('message', () => void inferAll().then((seconds) => process.send?.(seconds)));
process.send?.('ready');

async function inferAll(): Promise<number> {
  const started = performance.now();
  for (const { input, pictures } of batches) await session.run(input, session.model.batch ?? pictures);
  return (performance.now() - started) / 1000;
}

async function packAll({ model }: DetectorSession, files: readonly string[]): Promise<Batch[]> {
  const slots = model.batch ?? batchSize;
  const starts = Array.from({ length: Math.ceil(files.length / slots) }, (_, at) => at * slots);
  const batches: Batch[] = [];
  for (const start of starts) batches.push(await packBatch(model, files.slice(start, start + slots), slots));
  return batches;
}

async function packBatch(
  { imageSize, batch }: DetectorSession['model'],
  files: readonly string[],
  slots: number,
): Promise<Batch> {
  const slot = 3 * imageSize.width * imageSize.height;
  const input = new Float32Array((batch === null ? files.length : slots) * slot);
  for (const [at, file] of files.entries()) {
    const pixels = await decodeImage(file, null);
    packImage(pixels, letterbox(pixels, imageSize), imageSize, input.subarray(at * slot, (at + 1) * slot));
  }
  return { input, pictures: files.length };
}
