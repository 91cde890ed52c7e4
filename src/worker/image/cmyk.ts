/**
 * C, M, Y, K as R, G, B without colour management: as OpenCV does for a JPEG (`icvCvt_CMYK2BGR_8u_C4C3R`), and libtiff for a TIFF
 * (`putRGBcontig8bitCMYKtile`). They round differently.
 */
export function cmykToRgb(samples: Uint8Array, jpeg: boolean): Uint8Array {
  const data = new Uint8Array((samples.length / 4) * 3);
  for (let from = 0, to = 0; from < samples.length; from += 4) {
    const light = 255 - samples[from + 3]!;
    for (let ink = from; ink < from + 3; ink++, to++) {
      const value = samples[ink]!;
      data[to] = jpeg ? light - ((value * light) >> 8) : Math.trunc(((255 - value) * light) / 255);
    }
  }
  return data;
}
