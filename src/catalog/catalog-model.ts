import type { FileKind, Simulation } from '../model-task.ts';
import type { TabularFacts } from '../tabular-model.ts';

/** A model that a program may name. */
export interface CatalogModel {
  readonly name: string;
  /** The model file as a step sees it, e.g. `/models/demo.onnx`; `name@version` if it is in the system schema. */
  readonly file: string;
  /** Absent: a file in `/models` that is not registered. */
  readonly registered?: RegisteredModel;
}

/** A version of a registered model. */
export interface RegisteredModel {
  /** null: an earlier statement of the program makes it. */
  readonly version: number | null;
  /** Whether it is what the bare name stands for. */
  readonly isCurrent: boolean;
  readonly owner: string;
  /** SHA-256 of the file, of a simulated model of its base's; null: not known yet, or the base is not registered. */
  readonly digest: string | null;
  readonly location: 'path' | 'database';
  /** Kind of the file, of a simulated model of its base's; absent: not known yet. */
  readonly kind?: FileKind;
  /** Absent: it reads no columns, or that is not known yet. */
  readonly tabular?: TabularFacts;
  /** Names of the classes that CREATE MODEL gave; null: the file's. */
  readonly classNames: readonly string[] | null;
  /** What a simulated model is like. */
  readonly base: string | null;
  readonly simulation: Simulation | null;
  /** The step of the program that makes it. */
  readonly madeBy: string | null;
}
