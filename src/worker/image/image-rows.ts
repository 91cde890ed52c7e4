import { MillraceError } from '../../errors.ts';
import type { InputRow, InputValue, LargeValue } from '../row-program.ts';
import { imagePath, optionPath, pathInside, type Volumes } from '../volume-path.ts';
import { checkSize, type EncodedImage, type ImageSource, maxImageBytes } from './encoded-image.ts';
import { nameOf, nameProblem } from './image-name.ts';
import { readAhead } from './read-ahead.ts';
import { readImage } from './read-image.ts';

/** The folder of `--image_dir`. */
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
 * Where the images of rows lie: the first value of a row is the image itself, or names its file. A folder that is not there fails each
 * row by name.
 * @throws {MillraceError} OUTSIDE_VOLUMES
 */
export async function openImages(
  folder: string,
  volumes: Volumes,
): Promise<(rows: readonly InputRow[]) => readonly ImageSource[]> {
  const places = { folder: await openFolder(folder, volumes), volumes };
  return (rows) => {
    const values = rows.map(([value = null]) => value);
    const sources = values.map((value) => ({ read: () => readValue(value, places) }));
    return values.some(isElsewhere) ? readAhead(sources) : sources;
  };
}

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
  return value !== null && 'read' in value;
}

interface Places {
  readonly folder: ImageFolder;
  readonly volumes: Volumes;
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

async function readNamed(name: string, { folder, volumes }: Places): Promise<EncodedImage> {
  const path = imagePath(folder.path, name, volumes);
  if (path === null) throw new MillraceError('IMAGE_OUTSIDE', `outside ${folder.named}: ${name}`);
  return readImage(path, folder.root);
}
