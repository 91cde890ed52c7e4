import { yoloPixels } from '../src/worker/programs/detect/families/family.ts';
import '../src/worker/model/runtime-environment.ts';
import { createInterface } from 'node:readline';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { placePicture } from '../src/worker/image/place.ts';
import { preprocess } from '../src/worker/model/preprocess.ts';
import type { Preprocessing } from '../src/worker/model/preprocessing.ts';
import { processUsage } from '../src/worker/process-usage.ts';
import type { Measure, MeasuredTask } from './measured-process.ts';

// onnxruntime and nothing else: the file as it is, one thread, one picture at a time, on tensors that are made before the clock starts.
// Asked to "decode", it only decodes the images, one after the other.

env.logLevel = 'fatal';
sharp.concurrency(1);
sharp.cache(false);

const yolo: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };

const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const { model, images, side }: MeasuredTask = JSON.parse((await lines.next()).value ?? '');
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const inputName = session.inputNames[0]!;
const tensors = new Map<string, Tensor>();
for (const file of new Set(images)) tensors.set(file, await tensorOf(file));
await infer(images[0]!);
answer('ready');
for await (const what of { [Symbol.asyncIterator]: () => lines })
  answer(await measure(what === 'decode' ? decode : infer));
process.exit();

async function measure(work: (file: string) => Promise<unknown>): Promise<Measure> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  for (const file of images) await work(file);
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: processUsage().peakMiB,
  };
}

function infer(file: string): Promise<unknown> {
  return session.run({ [inputName]: tensors.get(file)! });
}

function decode(file: string) {
  return sharp(file, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
}

async function tensorOf(file: string): Promise<Tensor> {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const slot = new Uint8Array(3 * side * side);
  placePicture(
    { data, width: info.width, height: info.height },
    yolo.placement,
    yolo.padding,
    { width: side, height: side },
    slot,
  );
  return new Tensor('float32', preprocess(slot, 1, yolo) as Float32Array, [1, 3, side, side]);
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
