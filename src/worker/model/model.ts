import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import type { Family } from './family.ts';
import { parseClassNames, parseNumbers } from './metadata.ts';

/** What a detector's file says about itself. */
export interface Model {
  readonly family: Family['name'];
  readonly classNames: readonly string[];
  /** The input's sides are multiples of this. */
  readonly stride: number;
  readonly imageSize: Size;
  /** Pictures per run, if the file fixes them. */
  readonly batch: number | null;
  /** Where it runs. */
  readonly device: 'cpu' | 'cuda';
}

type Dimension = number | string | undefined;

const usualStride = 32;
const usualSize = 640;

/** @throws MillraceError MODEL_UNSUPPORTED */
export function readClassNames(metadata: ReadonlyMap<string, string>): string[] {
  const names = parseClassNames(metadata.get('names') ?? '');
  if (names.length > 0) return names;
  throw new MillraceError('MODEL_UNSUPPORTED', "the model file names no classes: its metadata have no 'names'", {
    hint: "add the metadata entry names, e.g. {0: 'person', 1: 'bicycle'}, to the ONNX file",
  });
}

/**
 * The input that the model wants. `wanted` (px) must agree with a size that the file fixes.
 *
 * @throws MillraceError MODEL_UNSUPPORTED or WRONG_OPTION
 */
export function readInput(
  inputs: readonly InferenceSession.ValueMetadata[],
  metadata: ReadonlyMap<string, string>,
  wanted: number | null,
): { batch: number | null; stride: number; imageSize: Size } {
  const [batch, , height, width] = pictureShape(inputs);
  const stride = parseNumbers(metadata.get('stride') ?? '')[0] ?? usualStride;
  const fixed = typeof height === 'number' && typeof width === 'number' ? { width, height } : null;
  const imageSize = fixed ?? ownSize(metadata, wanted);
  checkSize(imageSize, fixed !== null, stride, wanted);
  return { batch: typeof batch === 'number' ? batch : null, stride, imageSize };
}

function pictureShape(inputs: readonly InferenceSession.ValueMetadata[]): readonly Dimension[] {
  const [input] = inputs;
  const found = inputs.map(describeValue).join(', ');
  if (inputs.length === 1 && input?.isTensor && input.type === 'float32' && input.shape.length === 4) {
    if (input.shape[1] === 3 || typeof input.shape[1] === 'string') return input.shape;
  }
  throw new MillraceError(
    'MODEL_UNSUPPORTED',
    `the model takes ${found}; a detector takes float32 [batch, 3, height, width]`,
    {
      hint: 'export the model with 32-bit floating point and one input of RGB planes',
    },
  );
}

function describeValue(value: InferenceSession.ValueMetadata): string {
  return value.isTensor ? `${value.name} ${value.type} [${value.shape.join(', ')}]` : `${value.name} (no tensor)`;
}

function ownSize(metadata: ReadonlyMap<string, string>, wanted: number | null): Size {
  const [height = usualSize, width = height] = wanted ? [wanted] : parseNumbers(metadata.get('imgsz') ?? '');
  return { width, height };
}

function checkSize(size: Size, fixed: boolean, stride: number, wanted: number | null): void {
  const { width, height } = size;
  if (fixed && wanted !== null && (wanted !== width || wanted !== height)) {
    const message = `--image_size=${wanted}, but the model is made for ${width} x ${height} only`;
    throw new MillraceError('WRONG_OPTION', message, { hint: 'leave --image_size out' });
  }
  if (fixed || (width % stride === 0 && height % stride === 0)) return;
  const nearest = Math.max(1, Math.round(width / stride)) * stride;
  const message = `an image size of ${width} is not a multiple of the model's stride ${stride}`;
  throw new MillraceError('WRONG_OPTION', message, { hint: `use --image_size=${nearest}` });
}

/** What is to be said of a file that is there and cannot be used. */
export function unreadableModel(file: string, cause: unknown): MillraceError {
  return new MillraceError('MODEL_UNREADABLE', `${basename(file)} is not an ONNX model that can be loaded`, {
    hint: 'is the file whole, and are its external data beside it? Export it with opset 17 if it is',
    cause,
  });
}
