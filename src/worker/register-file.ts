import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { MillraceError } from '../errors.ts';
import { addFound, type CreateAction, type FoundFile, type ModelPlace } from '../ledger/model-actions.ts';
import { storeFile } from '../ledger/model-files.ts';
import { modelDigest, weightFiles } from '../onnx/model-digest.ts';

/** A model's file. */
export interface FileHere {
  readonly path: string;
  /** The folder that no link may lead out of; null: the file is our own. */
  readonly root: string | null;
}

/**
 * Looks at a model's file, stores it if it is to be in the database, and adds a version for it. Repeatable.
 * @param names of the classes; null: the file's
 * @throws {MillraceError} why the file is no model, or why it cannot be registered
 */
export async function registerFile(
  action: CreateAction,
  file: FileHere,
  names: readonly string[] | null,
  { log, ...place }: ModelPlace & { readonly log: { info(facts: object, message: string): void } },
): Promise<void> {
  const found = await lookAtFile(action, file, names);
  const { classNames, ...facts } = found.facts;
  log.info(
    { model: { name: action.name, ...found, facts: { ...facts, classes: classNames.length } } },
    'model looked at',
  );
  const stored = { digest: found.digest!, size: found.size! };
  if (action.storage === 'database') {
    await checkOneFile(file.path);
    const read = () => createReadStream(file.path, { highWaterMark: 2 ** 20 });
    await storeFile(place.pool, place.schema, stored, read);
  }
  await addFound(action, found, place);
}

async function lookAtFile(
  { kind: wanted }: CreateAction,
  { path, root }: FileHere,
  names: readonly string[] | null,
): Promise<FoundFile> {
  const settings = { device: 'cpu', threads: Math.min(4, availableParallelism()), imageSize: null } as const;
  const { identifyModel } = await import('./programs/identify-model.ts');
  const { kind, ...facts } = await identifyModel({ ...settings, modelFile: path, modelRoot: root }, wanted, names);
  const { size } = await stat(path);
  return {
    kind,
    digest: await modelDigest(path, await weightFiles(path)),
    size,
    facts: { ...facts, namesAreGiven: names !== null },
  };
}

async function checkOneFile(path: string): Promise<void> {
  const weights = await weightFiles(path);
  if (weights.length === 0) return;
  const message = `${basename(path)} keeps its weights in other files (${weights.join(', ')}); the database stores models of one file`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: "leave storage = 'database' out, or export the model as one file",
  });
}
