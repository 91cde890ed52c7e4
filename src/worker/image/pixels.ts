/** Pixels as rows of R, G, B bytes: `data.length === width * height * 3`. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
