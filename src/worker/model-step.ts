import { isBucketUrl } from '../bucket-url.ts';
import { type CreateAction, runModelAction } from '../ledger/model-actions.ts';
import { readFile } from '../ledger/model-files.ts';
import type { ModelTask } from '../task.ts';
import { bucketModel } from './buckets/bucket-model.ts';
import type { WorkerContext } from './context.ts';
import { cachedFile, modelCache } from './model-cache.ts';
import { givenNames } from './programs/given-names.ts';
import { type FileHere, registerFile } from './register-file.ts';
import { optionPath } from './volume-path.ts';

type Place = Pick<WorkerContext, 'pool' | 'schema' | 'volumes' | 'log' | 'signal'>;

/** Carries out a statement about models. @throws {MillraceError} why the file is no model, or why it cannot be registered */
export async function runModelStep(task: ModelTask, worker: Place): Promise<void> {
  const { pool, schema, log, signal, volumes } = worker;
  const { statement, step, actor, action } = task;
  const place = { pool, schema, statement, step, actor, signal, unregistered: async () => [] };
  if (action.does !== 'create') return runModelAction(action, place);
  const names = await givenNames({ class_names: action.classNames, classes_file: action.classesFile }, volumes);
  await registerFile(action, await fileOf(action, worker), names, { ...place, log });
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
