import type { Model } from '../../service/models.ts';
import type { Service } from '../../service/service.ts';
import type { Names } from './complete-words.ts';

export interface RememberedNames extends Names {
  /** Forgets the tables after a program, which may have created or dropped some. */
  forgetTables(): void;
}

/** Reads the names once after each program, at the first Tab that needs them. If they cannot be read, nothing is completed. */
export function rememberedNames(service: Service): RememberedNames {
  let tables: Promise<readonly string[]> | null = null;
  let models: Promise<readonly Model[]> | null = null;
  let profiles: Promise<readonly { readonly name: string }[]> | null = null;
  let classes: Promise<readonly string[]> | null = null;
  return {
    classes() {
      classes ??= service.classes().catch(() => []);
      return classes;
    },
    profiles() {
      profiles ??= service.profiles().catch(() => []);
      return profiles;
    },
    tables() {
      tables ??= service.tables().catch(() => []);
      return tables;
    },
    models() {
      models ??= service.models().catch(() => []);
      return models;
    },
    forgetTables() {
      tables = null;
    },
  };
}
