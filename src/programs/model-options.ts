import type { Options } from './contract.ts';

/** More pictures at once than any memory takes. */
export const largestBatch = 1024;

/** Options of the programs that run a model on images. */
export const modelOptions = {
  model: {
    kind: 'model',
    takes: 'the name of a model, or the path of an ONNX file in a volume',
    example: '"--model=demo"',
  },
  image_size: {
    kind: 'number',
    takes: "side of the model's input, in pixels",
    least: 32,
    most: 8192,
    whole: true,
    otherwise: null,
  },
  batch: {
    kind: 'number',
    takes: `number of images that the model takes at once, 1 to ${largestBatch}`,
    least: 1,
    most: largestBatch,
    whole: true,
    otherwise: null,
  },
  device: { kind: 'device', takes: 'cpu, cuda or auto' },
} as const satisfies Options;
