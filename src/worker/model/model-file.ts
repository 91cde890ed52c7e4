import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { MillraceError } from '../../errors.ts';
import { largestFile, type OnnxFile, readOnnxFile } from '../../onnx/onnx-file.ts';
import { pathInside } from '../volume-path.ts';

export interface ModelFile extends OnnxFile {
  /** As the task names it. */
  readonly named: string;
  /** Where it really lies. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads an ONNX file, and looks for the files that it names.
 * @param root the folder that no link may lead out of; null: the file is the caller's own
 * @throws MillraceError MODEL_MISSING, MODEL_UNREADABLE or OUTSIDE_VOLUMES
 */
export async function readModelFile(file: string, root: string | null): Promise<ModelFile> {
  const path = await existingPath(file, root);
  const unreadable = (cause: NodeJS.ErrnoException) => {
    throw missing(`the model file cannot be read (${cause.code}): ${file}`, cause);
  };
  const { size } = await stat(path).catch(unreadable);
  if (size > largestFile) throw tooLarge(file, size);
  const bytes = await readFile(path).catch(unreadable);
  const instead = notOnnx(bytes);
  if (instead !== null) throw unreadableModel(file, instead.is, instead.hint);
  try {
    const onnx = readOnnxFile(bytes);
    for (const [name, needed] of onnx.externalFiles) await checkExternalFile(file, dirname(path), name, needed);
    return { ...onnx, named: file, path, bytes };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw unreadableModel(file, 'is not an ONNX file, or is truncated', exportAgain, error);
  }
}

function tooLarge(file: string, size: number): MillraceError {
  const what = `has ${(size / 2 ** 30).toFixed(1)} GiB; an ONNX file has at most 2 GiB`;
  return unreadableModel(file, what, 'export the model with its weights in a file of their own (external data)');
}

const exportAgain = 'copy the file again, or export the model again';

async function existingPath(file: string, root: string | null): Promise<string> {
  const path = await pathInside(file, root).catch((cause: NodeJS.ErrnoException) => {
    const absent = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    const what = absent ? 'there is no model file' : `the model file cannot be read (${cause.code})`;
    throw missing(`${what}: ${file}`, cause);
  });
  if (path !== null) return path;
  throw new MillraceError('OUTSIDE_VOLUMES', `a link leads out of the model's volume: ${file}`, {
    hint: 'copy the model file into the volume',
  });
}

function missing(message: string, cause: unknown): MillraceError {
  return new MillraceError('MODEL_MISSING', message, { hint: 'check its path and the volume', cause });
}

interface Instead {
  readonly is: string;
  readonly hint: string;
}

/** What a file is that surely is not ONNX; null: it may be. */
function notOnnx(bytes: Uint8Array): Instead | null {
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  const text = head.trimStart().toLowerCase();
  if (bytes.length === 0) return { is: 'is empty', hint: exportAgain };
  if (text.startsWith('version https://git-lfs'))
    return { is: 'is a Git LFS pointer, not the model itself', hint: 'run git lfs pull where it was copied from' };
  if (/^(?:<!doctype|<html|<head|<\?xml)/.test(text))
    return { is: 'is a web page, not a model', hint: 'download the model file itself' };
  if (head.startsWith('PK\x03\x04'))
    return { is: 'is a zip archive (PyTorch weights are one), not ONNX', hint: 'export the model as ONNX' };
  if (head.startsWith('TFL3', 4))
    return { is: 'is a TensorFlow Lite model, not ONNX', hint: 'export the model as ONNX' };
  return null;
}

/** The runtime refuses the same, but names paths of this machine. */
async function checkExternalFile(file: string, folder: string, name: string, needed: number): Promise<void> {
  const isElsewhere = isAbsolute(name) || name.split('/').includes('..');
  const found = isElsewhere ? null : await pathInside(join(folder, name), folder).catch(() => undefined);
  if (found === null) {
    throw new MillraceError('OUTSIDE_VOLUMES', `${basename(file)} names weights outside its folder: ${name}`, {
      hint: 'copy the file of the weights into the folder of the model, and export the model with that name',
    });
  }
  const size = found === undefined ? null : await fileSize(found);
  const copy = `copy ${name} into the same folder, or export the model as one file`;
  if (size === null)
    throw unreadableModel(file, `keeps its weights in '${name}', and there is no such file beside it`, copy);
  if (size >= needed) return;
  throw unreadableModel(file, `needs ${needed} bytes of '${name}', which has ${size}: it is truncated`, copy);
}

async function fileSize(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

/** What is to be said of a file that is there and cannot be used. */
export function unreadableModel(file: string, what: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError('MODEL_UNREADABLE', `${basename(file)} ${what}`, { hint, cause });
}
