import { createHash } from 'node:crypto';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../errors.ts';
import { readTrialFile, removeTrialFiles, storeTrialFile } from '../../../ledger/trial-files.ts';
import type { TrialPlace } from '../../../ledger/trials.ts';

/** Where the states of models are between two visits. Each is named by its digest. */
export interface Checkpoints {
  /** Makes the state a file of the trainer's folder. */
  fetch(digest: string): Promise<void>;
  /** Keeps what the trainer has written as a file of its folder. */
  keep(name: string, digest: string): Promise<void>;
  /** A later state has been committed. */
  drop(digest: string): Promise<void>;
}

/** @param folder `checkpoints/` of a folder that all trainers share: one machine, or a claim */
export function sharedCheckpoints(folder: string): Checkpoints {
  return {
    fetch: async () => {},
    keep: (name, digest) => rename(join(folder, name), join(folder, digest)),
    drop: (digest) => rm(join(folder, digest), { force: true }),
  };
}

/** @param folder `checkpoints/` of the trainer's own folder; the database keeps the states */
export function storedCheckpoints(place: TrialPlace, folder: string): Checkpoints {
  const exists = (digest: string) =>
    access(join(folder, digest)).then(
      () => true,
      () => false,
    );
  return {
    async fetch(digest) {
      if (await exists(digest)) return;
      const bytes = await readTrialFile(place, digest);
      if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== digest) throw lost(digest);
      const partial = join(folder, `${digest}.${process.pid}.tmp`);
      await writeFile(partial, bytes);
      await rename(partial, join(folder, digest));
    },
    async keep(name, digest) {
      await storeTrialFile(place, digest, await readFile(join(folder, name)));
      await rename(join(folder, name), join(folder, digest));
    },
    async drop(digest) {
      await removeTrialFiles(place, digest);
      await rm(join(folder, digest), { force: true });
    },
  };
}

const lost = (digest: string) =>
  new MillraceError('TRIAL_TAKEN', `the state ${digest.slice(0, 12)}… is no longer the model's latest one`);
