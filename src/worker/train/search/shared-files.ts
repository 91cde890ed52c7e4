import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, hopFolder, outcomeFolder, outcomes } from './folders.ts';

/** Parts of what `prepareSearch` makes: rows, or what all models that hop share. */
export type SearchPart = 'train' | 'validation' | 'hop' | `shard${number}`;

/** What the trainers of a search share. Models' states and outcomes are named by their digests. */
export interface SharedFiles {
  /** Makes a part of what was prepared files of the search's folder. */
  need(part: SearchPart): Promise<void>;
  /** Makes a model's state a file of the folder. */
  fetchState(digest: string): Promise<void>;
  /** Keeps what the trainer has written as a state of another name. */
  keepState(name: string, digest: string): Promise<void>;
  /** The model needs this state no more. */
  dropState(digest: string): Promise<void>;
  /** Makes what a whole training has left a folder. */
  fetchOutcome(digest: string): Promise<void>;
  /** Keeps a folder as an outcome. */
  keepOutcome(folder: string, digest: string): Promise<void>;
}

/** @param folder of the search, which all trainers share: one machine */
export function folderFiles(folder: string): SharedFiles {
  const state = (name: string) => join(hopFolder(folder), 'checkpoints', name);
  return {
    need: async () => {},
    fetchState: async () => {},
    keepState: (name, digest) => rename(state(name), state(digest)),
    dropState: (digest) => rm(state(digest), { force: true }),
    fetchOutcome: async () => {},
    async keepOutcome(made, digest) {
      await mkdir(outcomes(folder), { recursive: true });
      if (!(await exists(outcomeFolder(folder, digest)))) await rename(made, outcomeFolder(folder, digest));
    },
  };
}
