import type { Model, Service } from '../../service/service.ts';
import type { Names } from './complete-words.ts';

export interface RememberedNames extends Names {
  /** A program may have created or dropped tables: they are asked for again. */
  forgetTables(): void;
}

/** Asked for once after each program, at the first Tab that needs them. Where they cannot be had, nothing is completed. */
export function rememberedNames(service: Service): RememberedNames {
  let tables: Promise<readonly string[]> | null = null;
  let models: Promise<readonly Model[]> | null = null;
  return {
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
