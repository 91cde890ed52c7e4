import type { ModelActor } from '../model-task.ts';
import type { ProgramName } from '../programs/programs.ts';
import type { SearchedCascades } from './cascades.ts';
import type { CatalogModel } from './catalog-model.ts';
import type { CatalogCosts } from './costs.ts';
import type { Profile } from './profile.ts';
import type { CatalogRepository } from './repository.ts';

/** What a program may name, as plain data. It is read before planning, so that planning stays pure. */
export interface Catalog {
  /** Images that run the project's worker. */
  readonly images: readonly CatalogImage[];
  /** Whether the engine also runs other images, with SQLFlow's contract. */
  readonly otherImages: boolean;
  /** Whether a database account is set up for them. */
  readonly otherImagesAccount: boolean;
  /** Those that the program may name, with all versions of each. */
  readonly models: readonly CatalogModel[];
  /** Names of models, for suggestions. */
  readonly knownNames: readonly string[];
  /** Who submits the program. */
  readonly actor: ModelActor;
  /** Whether `/models` may hold more models than are known here. If so, any name may be that of a file in it. */
  readonly otherModels: boolean;
  /** Absent: there are none. */
  readonly profiles?: readonly Profile[];
  /** Volumes mounted into every step. The attribute `volume` adds more. */
  readonly volumes: readonly CatalogVolume[];
  /** Mount paths that have folders on this machine. null: the engine mounts what `volumes` and the attribute `volume` name. */
  readonly mounted: readonly string[] | null;
  /** Buckets, or folders of buckets, that the user may read; absent: none. */
  readonly buckets?: readonly string[];
  /** The database of unqualified names; null: there is none. */
  readonly database: string | null;
  /** Number of partitions that the engine runs in parallel: the meaning of `partitions = 'auto'`. */
  readonly parallelism: number;
  /** Maximum number of pods of all steps of a program together. */
  readonly mostPods: number;
  /** Whether the standard statements of a program run in one session. */
  readonly sharedSession: boolean;
  /** Unqualified names of the database's views, in lower case. */
  readonly views: readonly string[];
  /** Definitions of the views that are read by a query that may replace its own source, by `tableKey` in lower case; null: the account may not see it. */
  readonly viewDefinitions: Readonly<Record<string, string | null>>;
  /** What the database reports about each query of the program, by the query's text. */
  readonly queries: Readonly<Record<string, QueryFacts>>;
  /** What the database reports about each result table of the program, by `tableKey`. */
  readonly tables: Readonly<Record<string, TableFacts>>;
  /** Absent: nothing is known about what its steps cost. */
  readonly costs?: CatalogCosts;
  /** What is known for the predicates of TO FIND; absent: the program has none. */
  readonly repository?: CatalogRepository;
  /** The plans that were found for each TO FIND, by the name of its step. */
  readonly cascades?: Readonly<Record<string, SearchedCascades>>;
  /** Columns of the tables of labels that the program names, by `tableKey`; null: the database has no such table. */
  readonly labels?: Readonly<Record<string, readonly string[] | null>>;
}

export interface CatalogImage {
  /** The name as a statement writes it, without tag and digest. */
  readonly name: string;
  /** The image that runs instead; null: this one. */
  readonly runs: string | null;
  /** The commands that CMD may start with, and the worker's program that each stands for. */
  readonly programs: Readonly<Record<string, ProgramName>>;
  /** Options that the image's own program had and the worker does not need. */
  readonly ignoredOptions: readonly string[];
  /** Options of the image's own program that the attributes of the same names stand for. */
  readonly attributeOptions: readonly string[];
}

export interface CatalogVolume {
  readonly claim: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

/** What a column's values are to a model of a table. */
export type ValueKind = 'number' | 'text' | 'binary';

/** Columns in the query's order, with their kinds where they are known; `unknown` if the query reads a table that the program itself creates first. */
export type QueryFacts =
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly kinds?: readonly ValueKind[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly message: string };

export interface TableFacts {
  readonly exists: boolean;
}

export function tableKey(table: { readonly database: string | null; readonly table: string }): string {
  return table.database === null ? table.table : `${table.database}.${table.table}`;
}
