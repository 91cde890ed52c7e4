import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drawDataset } from '../src/demo/scenes/dataset.ts';
import { decodeImage } from '../src/worker/image/decode.ts';
import type { Pixels } from '../src/worker/image/pixels.ts';
import { placePicture } from '../src/worker/image/place.ts';
import { readOwnImage } from '../src/worker/image/read-image.ts';
import { batchSize } from '../src/worker/model/batch-size.ts';
import type { ModelSettings } from '../src/worker/model/look-at-model.ts';
import type { Outputs } from '../src/worker/model/model.ts';
import type { Reduction } from '../src/worker/model/preprocessing.ts';
import { type ModelSession, openSession } from '../src/worker/model/session.ts';
import { loadDetector } from '../src/worker/programs/detect/detector.ts';
import { type LookedDetector, lookAtDetector } from '../src/worker/programs/detect/detector-model.ts';
import { suppress } from '../src/worker/programs/detect/non-maximum-suppression.ts';

export interface InferenceFigure {
  readonly stage: string;
  /** The best of all rounds. */
  readonly imagesPerSecond: number;
  /** Processor time of all threads of the process, in the round with the least. */
  readonly cpuMsPerImage: number;
}

const rounds = 5;
const common = {
  threads: 1,
  modelRoot: null,
  imageSize: null,
  confidence: 0.25,
  iou: 0.45,
  maxDetections: 300,
} as const;

/**
 * Measures the stages of detection one by one, the runtime alone on the same tensors, and the detector as the worker uses it. The
 * rounds alternate, so that other load on the machine affects all of them equally.
 */
export async function benchInference(
  modelFile: string,
  files: readonly string[],
  chosen: Pick<ModelSettings, 'device' | 'batch'>,
): Promise<InferenceFigure[]> {
  const settings = { ...common, ...chosen, modelFile };
  const looked = await lookAtDetector(settings);
  const plan = (reduction: Reduction | null) => {
    const use = { preprocessing: looked.preprocessing, reduction, constants: [] };
    return { ...looked, use, settings };
  };
  const session = await openSession(plan(null));
  const reducing = await openSession(plan(looked.reduction(common.confidence)));
  const detector = await loadDetector(settings, readOwnImage);
  const pictures = await Promise.all(files.map(decodeFile));
  const inputs = batches(packAll(pictures, looked), batchSize({ ...looked, settings }, session.device));
  const outputs = await inferAll(inputs, reducing);
  const stages: Record<string, () => unknown> = {
    decode: () => Promise.all(files.map(decodeFile)),
    'letterbox and pack': () => packAll(pictures, looked),
    'onnxruntime alone': () => inferAll(inputs, session),
    'with the best boxes chosen in the graph': () => inferAll(inputs, reducing),
    'read and suppress': () => readAll(outputs, looked),
    detector: () => detector.detect(files),
  };
  const measured = await measureByTurns(stages, files.length);
  await detector.close();
  return measured;
}

async function measureByTurns(stages: Record<string, () => unknown>, images: number): Promise<InferenceFigure[]> {
  const best = new Map<string, InferenceFigure>();
  for (let round = 0; round < rounds; round++) {
    for (const [stage, work] of Object.entries(stages)) {
      const { imagesPerSecond, cpuMsPerImage } = await measure(work, images);
      const before = best.get(stage) ?? { imagesPerSecond: 0, cpuMsPerImage: Number.POSITIVE_INFINITY };
      best.set(stage, {
        stage,
        imagesPerSecond: Math.max(before.imagesPerSecond, imagesPerSecond),
        cpuMsPerImage: Math.min(before.cpuMsPerImage, cpuMsPerImage),
      });
    }
  }
  return [...best.values()];
}

async function measure(work: () => unknown, images: number) {
  const [started, cpuBefore] = [performance.now(), process.cpuUsage()];
  await work();
  const [seconds, cpu] = [(performance.now() - started) / 1000, process.cpuUsage(cpuBefore)];
  return { imagesPerSecond: images / seconds, cpuMsPerImage: (cpu.user + cpu.system) / 1000 / images };
}

function packAll(pictures: readonly Pixels[], { model, preprocessing }: LookedDetector): Uint8Array[] {
  const { width, height } = model.imageSize;
  const { placement, padding } = preprocessing;
  return pictures.map((picture) => {
    const slot = new Uint8Array(3 * width * height);
    placePicture(picture, placement, padding, model.imageSize, slot);
    return slot;
  });
}

interface Batch {
  readonly pixels: Uint8Array;
  readonly pictures: number;
}

/** The last one is filled up with empty pictures: a GPU pays for each size of a batch. */
function batches(slots: readonly Uint8Array[], pictures: number): Batch[] {
  const length = slots[0]?.length ?? 0;
  return Array.from({ length: Math.ceil(slots.length / pictures) }, (_, at) => {
    const pixels = new Uint8Array(pictures * length);
    for (const [place, slot] of slots.slice(at * pictures, (at + 1) * pictures).entries())
      pixels.set(slot, place * length);
    return { pixels, pictures };
  });
}

async function inferAll(inputs: readonly Batch[], session: ModelSession): Promise<Outputs[]> {
  const outputs: Outputs[] = [];
  for (const { pixels, pictures } of inputs) outputs.push(await session.run(pixels, pictures));
  return outputs;
}

function readAll(outputs: readonly Outputs[], { read, selection }: LookedDetector): number {
  let found = 0;
  for (const output of outputs) {
    const [first] = output.values();
    for (let picture = 0; picture < (first?.dims[0] ?? 0); picture++)
      found += suppress(read(output, picture, common.confidence), selection).length;
  }
  return found;
}

/** Draws scenes like the demo's, once, into a folder that git ignores. */
export async function benchPictures(folder: string): Promise<string[]> {
  await drawDataset(folder, { count: 64, firstSeed: 900_000, styles: ['fluent', 'noto'], width: 640 });
  return pictureFiles(folder);
}

async function pictureFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).map((name) => join(folder, name));
}

if (import.meta.main) {
  const [modelFile = 'models/demo.onnx', folder] = process.argv.slice(2);
  const files = folder ? await pictureFiles(folder) : await benchPictures('.millrace/bench');
  console.table(await benchInference(modelFile, files, { device: 'cpu' }));
}

async function decodeFile(file: string): Promise<Pixels> {
  return decodeImage(await readOwnImage(file));
}
