import { realpath, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Config } from '../config.ts';
import { fileDigest } from '../file-digest.ts';
import { modelDigest, weightFiles } from '../onnx/model-digest.ts';

/**
 * The digest of a model's files as they are now, as workers compute it. null: its file is not on this machine, so it is taken for the one
 * that was measured.
 * @param measured digests of which it may be one: only for others, the file is searched for the names of others that hold its weights
 */
export async function digestHere(
  file: string,
  volumes: Config['volumes'],
  measured: ReadonlySet<string | null>,
): Promise<string | null> {
  const mount = Object.keys(volumes).find((path) => file.startsWith(`${path}/`));
  if (mount === undefined) return null;
  const path = posix.join(volumes[mount]!, file.slice(mount.length));
  try {
    const facts = await factsOf(path);
    const ofFile = await remembered(`digest ${facts}`, () => fileDigest(path));
    if (measured.has(ofFile)) return ofFile;
    const weights = await remembered(`weights ${facts}`, () => weightFiles(path));
    if (weights.length === 0) return ofFile;
    const folder = dirname(await realpath(path));
    const others = await Promise.all(weights.map((name) => factsOf(join(folder, name)).catch(() => `no ${name}`)));
    return await remembered(`model ${[facts, ...others].join('\n')}`, () => modelDigest(path, weights));
  } catch {
    return null;
  }
}

/** By path, size and time of change: a large model is read once. */
async function factsOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${path} ${size} ${mtimeMs}`;
}

const answers = new Map<string, Promise<unknown>>();

function remembered<Answer>(question: string, answer: () => Promise<Answer>): Promise<Answer> {
  if (answers.size > 1000) answers.clear();
  const known = (answers.get(question) as Promise<Answer> | undefined) ?? answer();
  answers.set(question, known);
  return known;
}
