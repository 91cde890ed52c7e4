export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture lies in the model's input: scaled to `width` x `height`, its corner at (`left`, `top`), the rest padding. */
export interface Letterbox extends Size {
  readonly left: number;
  readonly top: number;
  /** Input pixels per pixel of the picture. */
  readonly scale: number;
}

/** Fits a picture into the input, keeping its proportions, with the roundings of YOLOv5's `letterbox()`. */
export function letterbox(picture: Size, input: Size): Letterbox {
  const scale = Math.min(input.height / picture.height, input.width / picture.width);
  const width = roundHalfEven(picture.width * scale);
  const height = roundHalfEven(picture.height * scale);
  const left = roundHalfEven((input.width - width) / 2 - 0.1);
  const top = roundHalfEven((input.height - height) / 2 - 0.1);
  return { width, height, left, top, scale };
}

/** A picture in the smallest input that holds it; the sides of inputs are multiples of a stride. */
export interface Rectangle {
  readonly size: Size;
  /** Where the picture is drawn. */
  readonly area: Omit<Letterbox, 'scale'>;
}

/**
 * Scales a picture to fit into the input, and pads it to the next multiple of the stride only: `LetterBox(auto=True)` of
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/augment.py
 */
export function rectangle(picture: Size, input: Size, stride: number): Rectangle {
  const { width, height } = letterbox(picture, input);
  const [across, down] = [(input.width - width) % stride, (input.height - height) % stride];
  const [left, top] = [roundHalfEven(across / 2 - 0.1), roundHalfEven(down / 2 - 0.1)];
  return { size: { width: width + across, height: height + down }, area: { width, height, left, top } };
}

/**
 * Where YOLOv5 takes the picture's corner to lie, in training and in `scale_boxes()`: before rounding, hence up to half a
 * pixel from where the picture is drawn.
 */
export function unroundedCorner(
  picture: Size,
  scale: number,
  input: Size,
): { readonly left: number; readonly top: number } {
  return { left: (input.width - picture.width * scale) / 2, top: (input.height - picture.height * scale) / 2 };
}

/** Python's and OpenCV's rounding. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
