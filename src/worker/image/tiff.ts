/** Tags of TIFF 6.0 (https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf) that decide what the samples mean. */
const tags = { compression: 259, photometric: 262, sampleFormat: 339, bits: 258 } as const;

type TagName = keyof typeof tags;
type Tags = Partial<Record<TagName, number>>;

const jpeg = 7;
const cmyk = 5;
const yCbCr = 6;
const unsigned = 1;
const untyped = 4;
const formats: Readonly<Record<number, string>> = { 2: 'signed integers', 3: 'floating-point numbers' };
const colours: Readonly<Record<number, string>> = { 8: 'CIE L*a*b*', 9: 'ICC L*a*b*', 10: 'ITU L*a*b*' };

/**
 * Why a TIFF's samples are not decoded; null: they are. There is no rule which of the values of a float is white; libvips takes YCbCr
 * without JPEG compression for RGB.
 */
export function unsupportedTiff(bytes: Uint8Array): string | null {
  const { compression, photometric = 0, sampleFormat = unsigned, bits = 1 } = readTags(bytes);
  if (sampleFormat !== unsigned && sampleFormat !== untyped)
    return `a TIFF of ${bits}-bit ${formats[sampleFormat] ?? 'complex numbers'} ${convert}`;
  if (bits > 16) return `a TIFF of ${bits}-bit integers ${convert}`;
  if (photometric === cmyk && bits > 8) return `a TIFF of ${bits}-bit CMYK ${convert}`;
  if (photometric === yCbCr && compression !== jpeg) return `a TIFF of YCbCr without JPEG compression ${convert}`;
  if (photometric > yCbCr) return `a TIFF of ${colours[photometric] ?? `colours of kind ${photometric}`} ${convert}`;
  return null;
}

const convert = 'is not supported; convert it to 8-bit RGB';

/** The first values of the tags in the first directory. */
function readTags(bytes: Uint8Array): Tags {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const offset = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const found: Tags = {};
  try {
    const directory = offset(big ? 8 : 4);
    const entries = big ? Number(view.getBigUint64(directory, little)) : view.getUint16(directory, little);
    const first = directory + (big ? 8 : 2);
    for (let entry = 0; entry < Math.min(entries, 4096); entry++) {
      const at = first + entry * (big ? 20 : 12);
      const name = nameOf(view.getUint16(at, little));
      if (name !== undefined) found[name] = firstShort(at);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // Cut off: the decoder says so.
  }
  return found;

  /** These tags hold SHORTs, beside the tag where they fit. */
  function firstShort(at: number): number {
    const count = offset(at + 4);
    const value = at + (big ? 12 : 8);
    return view.getUint16(count * 2 <= (big ? 8 : 4) ? value : offset(value), little);
  }
}

function nameOf(tag: number): TagName | undefined {
  return (Object.keys(tags) as TagName[]).find((name) => tags[name] === tag);
}
