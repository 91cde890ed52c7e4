import { isBucketUrl } from '../../bucket-url.ts';
import { MillraceError } from '../../errors.ts';
import { stepBuckets } from '../buckets/step-buckets.ts';
import type { InputRow, InputValue, LargeValue } from '../row-program.ts';
import { imagePath, mountPaths, optionPath, pathInside, type Volumes, volumePath } from '../volume-path.ts';
import { type BucketImages, openBucketImages } from './bucket-images.ts';
import type { Downloads } from './download.ts';
import { checkSize, type EncodedImage, type ImageSource, maxImageBytes } from './encoded-image.ts';
import { isUrl, nameOf, nameProblem } from './image-name.ts';
import { readAhead } from './read-ahead.ts';
import { readImage } from './read-image.ts';
import { readUrlRules } from './url-rules.ts';

/** The folder of `--image_dir` in a volume. */
interface ImageFolder {
  /** As the task has it. */
  readonly named: string;
  readonly path: string;
  /** The folder that no link of an image may lead out of. */
  readonly root: string;
}

export function readSource(source: ImageSource): Promise<EncodedImage> {
  return source.read();
}

/**
 * Where the images of rows lie: the first value of a row is the image itself, its URL, or its path. A folder that is not there fails
 * each row by name.
 * @param folder of relative paths, in a volume or a bucket; null: none is given
 * @throws {MillraceError} OUTSIDE_VOLUMES, BUCKET_NOT_ALLOWED, IMAGE_URLS_INVALID, BUCKETS_INVALID
 */
export async function openImages(
  folder: string | null,
  volumes: Volumes,
): Promise<(rows: readonly InputRow[]) => readonly ImageSource[]> {
  const rules = readUrlRules(process.env.MILLRACE_IMAGE_URLS);
  const isInBucket = folder !== null && isBucketUrl(folder);
  const buckets = openBucketImages(stepBuckets(volumes, process.env), isInBucket ? folder : null);
  const places: Places = {
    folder: folder === null || isInBucket ? null : await openFolder(folder, volumes),
    isInBucket,
    buckets,
    volumes,
    downloads: once(async () => (await import('./download.ts')).openDownloads(rules)),
  };
  return (rows) => {
    const values = rows.map(([value = null]) => value);
    const sources = values.map((value) => ({ read: () => readValue(value, places) }));
    return isInBucket || values.some(isElsewhere) ? readAhead(sources, isInBucket ? aheadInBucket : ahead) : sources;
  };
}

const ahead = 8;

/** A store answers many requests at once, each after some ten milliseconds. */
const aheadInBucket = 16;

async function openFolder(named: string, volumes: Volumes): Promise<ImageFolder> {
  const { path, root } = optionPath('--image_dir', named, volumes);
  const real = await pathInside(path, root).catch(() => path);
  if (real !== null) return { named, path, root };
  throw new MillraceError('OUTSIDE_VOLUMES', `--image_dir=${named} is a link that leads out of its volume`, {
    hint: 'mount the folder that it leads to',
  });
}

/** Whether reading it means to wait for another machine. */
function isElsewhere(value: InputValue): boolean {
  if (value === null) return false;
  return 'read' in value || isUrl(value.toString('latin1', 0, 64));
}

interface Places {
  readonly folder: ImageFolder | null;
  /** Whether `--image_dir` is in a bucket. */
  readonly isInBucket: boolean;
  readonly buckets: BucketImages;
  readonly volumes: Volumes;
  /** Loaded when the first URL is read. */
  downloads(): Promise<Downloads>;
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}

async function readValue(value: InputValue, places: Places): Promise<EncodedImage> {
  const bytes = value !== null && 'read' in value ? await readLarge(value) : value;
  const name = bytes === null ? null : nameOf(bytes);
  if (bytes !== null && name === null) return storedImage(bytes);
  const problem = nameProblem(name);
  if (problem !== null) throw problem;
  return readNamed(name as string, places);
}

const storedName = 'the value of the image column';

function storedImage(bytes: Buffer): EncodedImage {
  checkSize(bytes.length, storedName);
  return { bytes, name: storedName };
}

async function readLarge(value: LargeValue): Promise<Buffer | null> {
  const read = await value.read(maxImageBytes);
  if (read === null) return null;
  checkSize(read.length, storedName);
  return read.bytes;
}

async function readNamed(name: string, places: Places): Promise<EncodedImage> {
  const { folder, isInBucket, buckets, volumes, downloads } = places;
  if (isBucketUrl(name)) return buckets.read(name);
  if (isUrl(name)) return (await downloads()).read(name);
  if (isInBucket) return buckets.readInFolder(name);
  if (folder === null) return readInVolumes(name, volumes);
  const path = imagePath(folder.path, name, volumes);
  if (path === null) throw new MillraceError('IMAGE_OUTSIDE', `outside ${folder.named}: ${name}`);
  return readImage(path, folder.root);
}

async function readInVolumes(name: string, volumes: Volumes): Promise<EncodedImage> {
  if (!name.startsWith('/'))
    throw new MillraceError('IMAGE_MISSING', `a relative path, and no --image_dir is given: ${name}`);
  const place = volumePath(name, volumes);
  if (place !== null) return readImage(place.path, place.root);
  throw new MillraceError('IMAGE_OUTSIDE', `outside the volumes ${mountPaths(volumes).join(', ')}: ${name}`);
}
