/**
 * What a model wants to be fed, as its family describes it. Every session takes pixels as bytes, `[pictures, height, width, 3]` in the order
 * R, G, B; the rest becomes the graph's first nodes. Each value is `(byte * scale - mean) / deviation`.
 */
export interface Preprocessing {
  /** How a picture lies in the input. */
  readonly placement: Placement;
  /** Byte of each channel where there is no picture. */
  readonly padding: number;
  readonly order: 'rgb' | 'bgr';
  readonly layout: 'nchw' | 'nhwc';
  readonly type: PixelType;
  readonly scale: number;
  /** Of R, G and B, in units of the scaled value. */
  readonly mean: Channels;
  readonly deviation: Channels;
}

/**
 * `letterbox`: fitted in, its proportions kept, in the middle; `top-left`: the same, at the corner; `stretch`: fills the input;
 * `centre-crop`: its largest part of the input's proportions.
 */
export type Placement = 'letterbox' | 'top-left' | 'stretch' | 'centre-crop';

export type PixelType = 'float32' | 'float16' | 'uint8';

export type Channels = readonly [red: number, green: number, blue: number];

/** The layout of a detector's output that the graph can reduce to its best candidates; `C`: classes, `N`: boxes. */
export type OutputLayout =
  /** `[B, N, 5 + C]`: cx, cy, w, h, objectness, class scores; more may follow. */
  | 'v5'
  /** `[B, 4 + C, N]`: cx, cy, w, h, class scores; more may follow. */
  | 'v8'
  /** `[B, N, 4 + C]` */
  | 'v8-transposed';

export interface Reduction {
  readonly kind: OutputLayout;
  /** The name of the output. */
  readonly output: string;
  readonly classes: number;
  /** Only candidates with scores above this are asked for. */
  readonly confidence: number;
}

/** How a model is fed and what is asked of it. */
export interface ModelUse {
  readonly preprocessing: Preprocessing;
  /** null: the outputs are given as they are. */
  readonly reduction: Reduction | null;
  /** Inputs besides the pixels: the same values for each picture of a batch. */
  readonly constants: readonly ConstantInput[];
  /** Batches may have pictures of other sizes than the usual one, up to it. */
  readonly anySize?: boolean;
}

export interface ConstantInput {
  readonly name: string;
  readonly type: 'float32' | 'int64';
  readonly values: readonly number[];
}
