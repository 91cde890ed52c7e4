import type { Table } from './figure.ts';
import { benchInference } from './inference.ts';
import type { Choice, DetectorMaterial } from './material.ts';

const baseline = 'onnxruntime alone';
const pictures = 64;

/** Measures the stages of detection in one process, compared with the runtime alone on the same tensors. */
export async function benchStages({ modelFile, files }: DetectorMaterial, choice: Choice): Promise<Table> {
  const measured = await benchInference(modelFile, files.slice(0, pictures), choice);
  const runtime = measured.find(({ stage }) => stage === baseline)?.imagesPerSecond ?? Number.NaN;
  const figures = measured.flatMap(({ stage, imagesPerSecond, cpuMsPerImage }) => [
    {
      figure: stage,
      value: imagesPerSecond,
      unit: 'images/s',
      ...(stage === baseline ? {} : { against: { baseline, ratio: imagesPerSecond / runtime } }),
    },
    { figure: `${stage}, all cores`, value: cpuMsPerImage, unit: 'ms/image' },
  ]);
  return { title: `Stages of detection in one process, ${pictures} images, best of the rounds`, figures };
}
