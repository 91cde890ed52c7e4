import type { CatalogModel } from './catalog-model.ts';

/** What the registry knows about models that may answer a predicate, and about what pictures show. */
export interface CatalogRepository {
  /** Models that know a class that the program asks for, and those that it names after USING; in the order of their names. */
  readonly models: readonly KnownModel[];
  /** Names of the classes of all registered models, for suggestions. */
  readonly classNames: readonly string[];
  /** What the pictures of tables of labels show of the classes asked for, by `tableKey`. */
  readonly pictures: Readonly<Record<string, LabelledPictures | UnusableLabels>>;
}

export interface KnownModel {
  /** As a statement writes it: the name of its current version, or `name@version`. */
  readonly name: string;
  readonly model: CatalogModel;
  readonly kind: 'detector' | 'classifier';
  /** Those of its classes that the program asks for. */
  readonly classNames: readonly string[];
  /** Newest first. */
  readonly timings: readonly KnownTiming[];
  /** Its latest evaluation; null: there is none. */
  readonly evaluation: KnownEvaluation | null;
}

export interface KnownTiming {
  readonly origin: 'run' | 'evaluation';
  readonly device: string;
  readonly batch: number;
  /** Milliseconds of an image. */
  readonly ms: number;
  readonly images: number;
}

export interface KnownEvaluation {
  readonly measuredAt: string;
  readonly images: number;
  /** Of the classes that the program asks for. */
  readonly classes: readonly KnownClass[];
}

export interface KnownClass {
  readonly name: string;
  /** Share of the images of which it tells right whether they show the class. */
  readonly accuracy: number;
  /** Share of the images that show the class; null: it was not counted. */
  readonly presence: number | null;
}

/** Why a table does not tell what pictures show. */
export interface UnusableLabels {
  readonly problem: string;
  readonly hint: string;
}

/** Pictures whose objects are known. Pictures that show the same numbers of objects are counted together. */
export interface LabelledPictures {
  readonly images: number;
  readonly shown: readonly ShownObjects[];
}

export interface ShownObjects {
  /** Number of objects by class, in lower case; a class that is absent is not shown. */
  readonly objects: Readonly<Record<string, number>>;
  readonly images: number;
}
