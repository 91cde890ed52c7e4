import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { isBucketUrl } from '../bucket-url.ts';
import { MillraceError } from '../errors.ts';
import { addFound, type CreateAction, type FoundFile, runModelAction } from '../ledger/model-actions.ts';
import { readFile, storeFile } from '../ledger/model-files.ts';
import { modelDigest, weightFiles } from '../onnx/model-digest.ts';
import type { ModelTask } from '../task.ts';
import { bucketModel } from './buckets/bucket-model.ts';
import type { WorkerContext } from './context.ts';
import { cachedFile, modelCache } from './model-cache.ts';
import { givenNames } from './programs/given-names.ts';
import { optionPath, type Volumes } from './volume-path.ts';

type Place = Pick<WorkerContext, 'pool' | 'schema' | 'volumes' | 'log' | 'signal'>;

/** Carries out a statement about models. @throws {MillraceError} why the file is no model, or why it cannot be registered */
export async function runModelStep(task: ModelTask, worker: Place): Promise<void> {
  const { pool, schema, log, signal } = worker;
  const { statement, step, actor, action } = task;
  const place = { pool, schema, statement, step, actor, signal, unregistered: async () => [] };
  if (action.does !== 'create') return runModelAction(action, place);
  const file = await fileOf(action, worker);
  const found = await lookAtFile(action, file, worker.volumes);
  const { classNames, ...facts } = found.facts;
  log.info(
    { model: { name: action.name, ...found, facts: { ...facts, classes: classNames.length } } },
    'model looked at',
  );
  const stored = { digest: found.digest!, size: found.size! };
  if (action.storage === 'database') {
    await checkOneFile(file.path);
    await storeFile(pool, schema, stored, () => createReadStream(file.path, { highWaterMark: 2 ** 20 }));
  }
  await addFound(action, found, place);
}

async function checkOneFile(path: string): Promise<void> {
  const weights = await weightFiles(path);
  if (weights.length === 0) return;
  const message = `${basename(path)} keeps its weights in other files (${weights.join(', ')}); the database stores models of one file`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: "leave storage = 'database' out, or export the model as one file",
  });
}

/** `root`: null for a file of the cache. */
interface FileHere {
  readonly path: string;
  readonly root: string | null;
}

/** The file of a volume or of a bucket, or one that was stored in the database under its digest. */
async function fileOf({ file }: CreateAction, { pool, schema, volumes }: Place): Promise<FileHere> {
  const [, digest] = /^sha256:([0-9a-f]{64})$/.exec(file) ?? [];
  if (isBucketUrl(file)) {
    const place = { volumes, cache: modelCache(process.env) };
    return { path: await bucketModel(file, null, place), root: null };
  }
  if (digest === undefined) return optionPath('FROM', file, volumes);
  return { path: await cachedFile(modelCache(process.env), digest, () => readFile(pool, schema, digest)), root: null };
}

async function lookAtFile(action: CreateAction, { path, root }: FileHere, volumes: Volumes): Promise<FoundFile> {
  const names = await givenNames({ class_names: action.classNames, classes_file: action.classesFile }, volumes);
  const settings = { device: 'cpu', threads: Math.min(4, availableParallelism()), imageSize: null } as const;
  const { identifyModel } = await import('./programs/identify-model.ts');
  const { kind, ...facts } = await identifyModel({ ...settings, modelFile: path, modelRoot: root }, action.kind, names);
  const { size } = await stat(path);
  return {
    kind,
    digest: await modelDigest(path, await weightFiles(path)),
    size,
    facts: { ...facts, namesAreGiven: names !== null },
  };
}
