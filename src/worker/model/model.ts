import type { InferenceSession } from 'onnxruntime-node';
import { MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import type { PixelType, Preprocessing } from './preprocessing.ts';

/** A model that takes pictures, as its file describes it. */
export interface ImageModel {
  readonly classNames: readonly string[];
  /** The input's sides are multiples of this. */
  readonly stride: number;
  readonly imageSize: Size;
  /** Pictures per run, if the file or its arithmetic fixes them. */
  readonly batch: number | null;
}

/** The input for pictures. */
export interface PictureInput extends Omit<ImageModel, 'classNames'> {
  readonly name: string;
  readonly layout: Preprocessing['layout'];
  readonly type: PixelType;
  /** Whether it is one picture, without a dimension for the batch. */
  readonly isSingle: boolean;
  /** Whether the file leaves height and width free. */
  readonly isAnySize: boolean;
}

/** An output as a run showed it. */
export interface TypedOutput {
  readonly name: string;
  readonly dims: readonly number[];
  /** Of its values, as the runtime calls it. */
  readonly type: string;
}

/** The output of a batch: the product of `dims` is `data.length`. Whole numbers are given as floats, too. */
export interface OutputTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** @throws MillraceError MODEL_UNSUPPORTED where scores are given as bytes */
export function checkScores({ name, type }: TypedOutput): void {
  if (type !== 'uint8' && type !== 'int8') return;
  const message = `the model's output ${name} consists of quantised numbers (${type}), and nothing tells their scale`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: 'export the model with floating point numbers as output: quantised ones end in DequantizeLinear',
  });
}

/** Where a model runs. */
export type Processor = 'cpu' | 'cuda';

/** What a model answers to a batch, by the names of its outputs. */
export type Outputs = ReadonlyMap<string, OutputTensor>;

/** What models of a kind have in common. */
export interface ModelKind {
  /** `a detector` */
  readonly name: string;
  /** px; of models whose file does not say. */
  readonly usualSize: number;
  readonly usualStride: number;
  /**
   * What a dimension of an output that the file leaves free is likely to be; null: unknown.
   * @param names number of class names in the file
   */
  readonly likelyDimension?: (shape: DeclaredShape, at: number, input: PictureInput, names: number) => number | null;
}

/** A text is a free dimension. */
export type DeclaredShape = readonly (number | string)[];

type Dimension = number | string | undefined;

/**
 * The input for pictures. `wanted` must agree with a size that the file fixes.
 *
 * @throws MillraceError MODEL_UNSUPPORTED or WRONG_OPTION
 */
export function readInput(
  inputs: readonly InferenceSession.ValueMetadata[],
  metadata: ReadonlyMap<string, string>,
  wanted: Size | null,
  kind: ModelKind,
): PictureInput {
  const { name, layout, type, shape, isSingle } = pictureInput(inputs, kind);
  const [height, width] = layout === 'nchw' ? shape.slice(2) : shape.slice(1);
  const [written = kind.usualStride] = readNumbers(metadata.get('stride'));
  const stride = Number.isInteger(written) && written > 0 ? written : kind.usualStride;
  const fixed = { width: numberOf(width), height: numberOf(height) };
  checkWanted(fixed, wanted);
  const imageSize = wanted ?? ownSize(fixed, metadata, kind);
  checkSize(imageSize, fixed, stride, wanted);
  const isAnySize = fixed.width === null && fixed.height === null;
  return { name, layout, type, isSingle, isAnySize, batch: numberOf(shape[0]), stride, imageSize };
}

function numberOf(dimension: Dimension): number | null {
  return typeof dimension === 'number' ? dimension : null;
}

/** The numbers of a literal such as `640`, `[640, 640]`. */
export function readNumbers(literal = ''): readonly number[] {
  return (literal.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
}

const pixelTypes: readonly string[] = ['float32', 'float16', 'uint8'] satisfies PixelType[];

function pictureInput(inputs: readonly InferenceSession.ValueMetadata[], kind: ModelKind) {
  for (const input of inputs) {
    if (!input.isTensor || !pixelTypes.includes(input.type)) continue;
    // torchvision's detectors take a list of pictures, and are exported with the one of an example.
    const isSingle = input.shape.length === 3;
    const shape = isSingle ? [1, ...input.shape] : input.shape;
    if (shape.length !== 4) continue;
    const layout = shape[3] === 3 && shape[1] !== 3 ? 'nhwc' : 'nchw';
    const channels = shape[layout === 'nchw' ? 1 : 3];
    if (channels === 3 || (typeof channels === 'string' && !isSingle))
      return { name: input.name, layout, type: input.type as PixelType, shape, isSingle } as const;
  }
  const found = inputs.map(describeValue).join(', ');
  const message = `the model takes ${found}; ${kind.name} takes pixels as [batch, 3, height, width] or [batch, height, width, 3]`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: 'export the model with an input of RGB planes, of 32-bit or 16-bit floating point numbers or bytes',
  });
}

function describeValue(value: InferenceSession.ValueMetadata): string {
  return value.isTensor ? `${value.name} ${value.type} [${value.shape.join(', ')}]` : `${value.name} (no tensor)`;
}

/** Sides that the file fixes; null: that side is free. */
interface FixedSides {
  readonly width: number | null;
  readonly height: number | null;
}

function ownSize({ width, height }: FixedSides, metadata: ReadonlyMap<string, string>, { usualSize }: ModelKind): Size {
  const either = height ?? width ?? usualSize;
  const [ownHeight = either, ownWidth = ownHeight] = readNumbers(metadata.get('imgsz'));
  return { width: width ?? ownWidth, height: height ?? ownHeight };
}

function checkWanted({ width, height }: FixedSides, wanted: Size | null): void {
  if (wanted === null) return;
  if ((width ?? wanted.width) === wanted.width && (height ?? wanted.height) === wanted.height) return;
  const one = width === null ? `a height of ${height}` : `a width of ${width}`;
  const made = width !== null && height !== null ? `${width} x ${height}` : one;
  const message = `--image_size=${sizeOption(wanted)}, but the model is made for ${made} only`;
  throw new MillraceError('WRONG_OPTION', message, { hint: 'leave --image_size out' });
}

/** As the option has it: height first. */
function sizeOption({ width, height }: Size): string {
  return width === height ? `${width}` : `${height}x${width}`;
}

/** More than fits the memory of any worker. */
const largestSide = 8192;

function checkSize(size: Size, fixed: FixedSides, stride: number, wanted: Size | null): void {
  const free = [fixed.width === null ? size.width : null, fixed.height === null ? size.height : null];
  const isWrong = (side: number | null) => side !== null && (side % stride !== 0 || side < 1 || side > largestSide);
  if (!free.some(isWrong)) return;
  const nearest = (side: number) => Math.max(1, Math.round(Math.min(side, largestSide) / stride)) * stride;
  const instead = { width: fixed.width ?? nearest(size.width), height: fixed.height ?? nearest(size.height) };
  const { width, height } = size;
  const own = width === height ? `${width}` : `${width} x ${height}`;
  const what = wanted === null ? `the image size in the model's metadata (imgsz), ${own},` : `an image size of ${own}`;
  const message = `${what} is not a multiple of the model's stride ${stride}`;
  throw new MillraceError('WRONG_OPTION', message, { hint: `use --image_size=${sizeOption(instead)}` });
}
