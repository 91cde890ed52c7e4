/** What a file's first bytes say it is: a format that is decoded, or what it is instead and what to do about it. */
export type Format = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF' | 'BMP' | { readonly instead: string };

const convert = 'is not supported; convert the image to JPEG or PNG';

const known: readonly (readonly [format: Format, isIt: (head: string) => boolean])[] = [
  ['JPEG', begins('\xff\xd8\xff')],
  ['PNG', begins('\x89PNG\r\n\x1a\n')],
  ['WebP', (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8)],
  ['GIF', begins('GIF87a', 'GIF89a')],
  [{ instead: `a camera's raw format (CR2) ${convert}` }, (head) => head.startsWith('CR', 8) && isTiff(head)],
  ['TIFF', isTiff],
  ['BMP', begins('BM')],
  [{ instead: `an AVIF image sequence ${convert}` }, (head) => isContainer(head) && head.startsWith('avis', 8)],
  ['AVIF', (head) => isContainer(head) && brands(head).some((brand) => brand.startsWith('avi'))],
  [{ instead: `HEIC ${convert}` }, (head) => isContainer(head) && brands(head).some(isHeic)],
  [{ instead: 'a video or another media file, not an image' }, isContainer],
  [{ instead: `JPEG 2000 ${convert}` }, begins('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')],
  [{ instead: `JPEG XL ${convert}` }, begins('\0\0\0\x0cJXL ', '\xff\x0a')],
  [{ instead: `PPM (Netpbm) ${convert}` }, (head) => /^P[1-7Ff]\s/.test(head)],
  [{ instead: `a Photoshop document (PSD) ${convert}` }, begins('8BPS')],
  [{ instead: `an icon (ICO) ${convert}` }, begins('\0\0\x01\0')],
  [{ instead: `OpenEXR ${convert}` }, begins('\x76\x2f\x31\x01')],
  [{ instead: `Radiance HDR ${convert}` }, begins('#?RADIANCE', '#?RGBE')],
  [{ instead: `DDS ${convert}` }, begins('DDS ')],
  [{ instead: 'a PDF document, not an image' }, begins('%PDF')],
  [{ instead: 'a zip archive, not an image' }, begins('PK\x03\x04')],
  [{ instead: 'a gzip archive, not an image' }, begins('\x1f\x8b')],
  [{ instead: 'a macOS metadata file (AppleDouble), not an image; leave it out' }, begins('\0\x05\x16\x07')],
  [{ instead: 'a Git LFS pointer, not the image itself; run git lfs pull' }, begins('version https://git-lfs')],
  // It may name other files, and has no pixels of its own.
  [{ instead: `SVG ${convert}` }, (head) => /^(?:<\?xml|<!--|<svg|<!doctype svg)/.test(head) && head.includes('<svg')],
  [{ instead: 'a web page, not an image; download the image itself' }, begins('<!doctype html', '<html', '<head')],
  [{ instead: 'an XML document, not an image' }, begins('<?xml')],
];

const decodedFormats = 'JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP';

export function formatOf(bytes: Uint8Array): Format {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const text = head
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
  const found = known.find(([, isIt]) => isIt(head) || isIt(text));
  return found?.[0] ?? { instead: `not an image of a supported format (${decodedFormats})` };
}

function begins(...beginnings: readonly string[]): (head: string) => boolean {
  return (head) => beginnings.some((beginning) => head.startsWith(beginning));
}

/** Classic and BigTIFF. */
function isTiff(head: string): boolean {
  return /^(?:II[*+]\0|MM\0[*+])/.test(head);
}

/** ISO base media file format (ISO/IEC 14496-12): a box `ftyp` comes first. */
function isContainer(head: string): boolean {
  return head.startsWith('ftyp', 4);
}

/** The major brand and the compatible ones. */
function brands(head: string): readonly string[] {
  const end = Math.min(head.charCodeAt(2) * 256 + head.charCodeAt(3), 256);
  const rest = Array.from({ length: Math.max(0, Math.floor((end - 16) / 4)) }, (_, at) => head.substr(16 + 4 * at, 4));
  return [head.slice(8, 12), ...rest];
}

function isHeic(brand: string): boolean {
  return /^(?:hei|hev|mif1|msf1)/.test(brand);
}
