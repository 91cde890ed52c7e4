import { MillraceError } from '../../errors.ts';
import { stemOf } from '../file-names.ts';
import { isPicture } from '../pictures.ts';

export type ArchiveFormat = 'coco' | 'voc' | 'yolo';

/** Which files of an archive are a dataset; all are paths in the archive. */
export interface ChosenFiles {
  /** File of COCO, folder of VOC or YOLO; '' is the root. null: the archive has none. */
  readonly annotations: string | null;
  /** Folder of pictures. null: the archive has no pictures. */
  readonly images: string | null;
  /** Files to unpack. */
  readonly files: readonly string[];
}

interface Options {
  /** Path in the archive, or the end of one; null: to be found. */
  readonly annotations: string | null;
  readonly withPictures: boolean;
}

/**
 * Finds the annotations and pictures among the files of an archive.
 * @throws {MillraceError} DATASET_ARCHIVE_FILES if it has several annotations, or none of the given name
 */
export function chooseFiles(names: readonly string[], format: ArchiveFormat, options: Options): ChosenFiles {
  const visible = names.filter((name) => !isHidden(name));
  const pictures = options.withPictures ? visible.filter(isPicture) : [];
  const { candidates, belongs } = forms[format](visible, options.annotations !== null);
  const annotations = pick(candidates, options.annotations);
  const images = pictures.length === 0 ? null : folderOfPictures(pictures, format === 'coco' ? null : annotations);
  const isOfPictures = (name: string) => images !== null && isBelow(name, images) && isPicture(name);
  return {
    annotations,
    images,
    files: visible.filter((name) => isOfPictures(name) || (annotations !== null && belongs(name, annotations))),
  };
}

interface Form {
  /** What may be the annotations. */
  readonly candidates: readonly string[];
  /** Whether a file is needed to read the annotations. */
  readonly belongs: (name: string, annotations: string) => boolean;
}

const yoloNames = /(?:\.ya?ml|(?:^|\/)(?:classes\.txt|obj\.names))$/i;

const forms: Readonly<Record<ArchiveFormat, (names: readonly string[], isAsked: boolean) => Form>> = {
  coco(names, isAsked) {
    const files = names.filter((name) => name.toLowerCase().endsWith('.json'));
    const instances = isAsked ? [] : files.filter((name) => baseOf(name).startsWith('instances'));
    return { candidates: instances.length > 0 ? instances : files, belongs: (name, file) => name === file };
  },
  voc(names) {
    const files = names.filter((name) => name.toLowerCase().endsWith('.xml'));
    return {
      candidates: foldersOf(files, 'Annotations'),
      belongs: (name, folder) => name.toLowerCase().endsWith('.xml') && isBelow(name, folder),
    };
  },
  yolo(names) {
    const files = names.filter((name) => name.toLowerCase().endsWith('.txt') && !yoloNames.test(name));
    const labels = files.filter((name) => name.split('/').includes('labels'));
    const stems = new Set(names.filter(isPicture).map(stemOf));
    const beside = files.filter((name) => stems.has(stemOf(name)));
    return {
      candidates: foldersOf(labels.length > 0 ? labels : beside, 'labels'),
      belongs: (name, folder) => yoloNames.test(name) || (name.toLowerCase().endsWith('.txt') && isBelow(name, folder)),
    };
  },
};

function pick(candidates: readonly string[], asked: string | null): string | null {
  const wanted = asked?.replace(/^\.\//, '').replace(/\/$/, '') ?? null;
  const found =
    wanted === null
      ? candidates
      : candidates.filter((name) => name === wanted || name.endsWith(`/${wanted}`) || isBelow(wanted, name));
  if (found.length === 1) return wanted !== null && isBelow(wanted, found[0]!) ? wanted : found[0]!;
  if (found.length === 0 && wanted === null) return null;
  const what = found.length === 0 ? `no annotations named ${wanted}` : 'several annotations';
  const listed = (found.length === 0 ? candidates : found).slice(0, 5).join(', ');
  throw new MillraceError('DATASET_ARCHIVE_FILES', `the archive has ${what}${listed === '' ? '' : `: ${listed}`}`);
}

/** Folders that end in the component `name` and contain the files; without such, the folder that contains all of them. */
function foldersOf(files: readonly string[], name: string): readonly string[] {
  if (files.length === 0) return [];
  const folders = new Set<string>();
  for (const file of files) {
    const parts = file.split('/').slice(0, -1);
    const last = parts.lastIndexOf(name);
    if (last < 0) return [commonFolder(files)];
    folders.add(parts.slice(0, last + 1).join('/'));
  }
  return [...folders];
}

/** Beside its annotations, a format has the folder of pictures JPEGImages or images. */
function folderOfPictures(pictures: readonly string[], annotations: string | null): string {
  const usual =
    annotations === null
      ? []
      : [...replaced(annotations, 'Annotations', 'JPEGImages'), ...replaced(annotations, 'labels', 'images')];
  return usual.find((folder) => pictures.some((name) => isBelow(name, folder))) ?? commonFolder(pictures);
}

function replaced(path: string, from: string, to: string): readonly string[] {
  const parts = path.split('/');
  const at = parts.lastIndexOf(from);
  return at < 0 ? [] : [parts.with(at, to).join('/')];
}

function commonFolder(files: readonly string[]): string {
  let common: readonly string[] | null = null;
  for (const file of files) {
    const parts: readonly string[] = file.split('/').slice(0, -1);
    const before: readonly string[] = common ?? parts;
    const other = before.findIndex((part, index) => part !== parts[index]);
    common = other < 0 ? before : before.slice(0, other);
  }
  return (common ?? []).join('/');
}

function isBelow(name: string, folder: string): boolean {
  return folder === '' || name.startsWith(`${folder}/`);
}

/** What macOS and others put beside files. */
function isHidden(name: string): boolean {
  return name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
