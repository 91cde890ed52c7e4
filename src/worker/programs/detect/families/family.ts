import type { DetectorFamilyName } from '../../../../programs/detector-families.ts';
import type { Size } from '../../../image/letterbox.ts';
import type { OutputShape } from '../../../model/look-at-model.ts';
import type { Outputs } from '../../../model/model.ts';
import type { ConstantInput, OutputLayout, Preprocessing } from '../../../model/preprocessing.ts';
import type { Candidate } from './candidates.ts';

/** What tells a model's family. */
export interface ModelFacts {
  readonly outputs: readonly OutputShape[];
  /** Inputs besides the one for pictures. */
  readonly otherInputs: readonly string[];
  /** Number of class names that are given or that the metadata list; null: none. */
  readonly names: number | null;
  readonly metadata: ReadonlyMap<string, string>;
  readonly size: Size;
}

/** What a model gives besides boxes. */
export type Extra = 'masks' | 'keypoints' | 'corners';

/** A way to feed and read a model. */
export interface ModelLayout {
  /** For people: `transposed YOLOv8`. */
  readonly label: string;
  /** null: the outputs do not tell. */
  readonly classes: number | null;
  /** The id of the first class; models that count the background as class 0 begin with 1. */
  readonly firstClass?: 1;
  readonly preprocessing: PixelUse;
  readonly constants?: readonly ConstantInput[];
  /** null: the outputs are read as they are. */
  readonly reduction: { readonly kind: OutputLayout; readonly output: string } | null;
  /** Whether its outputs are those of one picture only. */
  readonly takesOne?: true;
  readonly extras?: readonly Extra[];
  /**
   * Reads the candidates of one picture whose score is above `confidence`.
   * @param isMultiLabel whether a box is a candidate for each of its classes, if the family gives several; otherwise for the best
   */
  read(outputs: Outputs, picture: number, confidence: number, isMultiLabel?: boolean): Candidate[];
  /** Values of a box behind those of its classes: coefficients of its mask, or its key points. */
  extraValues?(outputs: Outputs, picture: number, candidate: Candidate): Float32Array;
  /** The output with the prototypes of masks. */
  readonly prototypes?: string;
  /** Values of a key point: 2 or 3. */
  readonly keypointValues?: number;
}

export type PixelUse = Omit<Preprocessing, 'layout' | 'type'>;

export interface DetectorFamilyReader {
  readonly name: DetectorFamilyName;
  /** The ways in which a model could be one of the family, the likeliest first. */
  layouts(facts: ModelFacts): readonly ModelLayout[];
}

const plain = { order: 'rgb', mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

/** Pixels as YOLO tools want them. */
export const yoloPixels: PixelUse = { ...plain, placement: 'letterbox', padding: 114, scale: 1 / 255 };
/** 0 to 1, the whole picture stretched over the input. */
export const stretchedPixels: PixelUse = { ...plain, placement: 'stretch', padding: 0, scale: 1 / 255 };
/** Mean and standard deviation of ImageNet: https://docs.pytorch.org/vision/stable/models.html */
export const imagenetPixels: PixelUse = {
  ...stretchedPixels,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** The first output that has one of these names, with or without TensorFlow's `:0`. */
export function outputNamed(outputs: readonly OutputShape[], ...names: readonly string[]): OutputShape | undefined {
  return outputs.find(({ name }) => names.includes(name.replace(/:\d+$/, '')));
}

/** What an output holds of one picture, and its dimensions without that of the batch. */
export function picturesPart(
  outputs: Outputs,
  { name }: OutputShape,
  picture: number,
): { readonly data: Float32Array; readonly dims: readonly number[] } {
  const { data, dims } = outputs.get(name)!;
  const length = data.length / (dims[0] ?? 1);
  return { data: data.subarray(picture * length, (picture + 1) * length), dims: dims.slice(1) };
}
