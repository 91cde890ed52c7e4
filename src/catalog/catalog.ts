/** What a program may name, as plain data: read before planning, so that planning itself stays pure. */
export interface Catalog {
  /** Images that run the project's worker. */
  readonly images: readonly CatalogImage[];
  /** Whether the engine runs any other image, too, with SQLFlow's contract. */
  readonly otherImages: boolean;
  readonly models: readonly CatalogModel[];
  /** Whether `/models` may hold more than is known here: then any name is that of a file in it. */
  readonly otherModels: boolean;
  /** Mounted into every step; more by the `volume` attribute. */
  readonly volumes: readonly CatalogVolume[];
  /** Mount paths that have folders on this machine; null: the engine mounts what `volumes` and the attribute `volume` name. */
  readonly mounted: readonly string[] | null;
  /** The database of names without one; null: there is none. */
  readonly database: string | null;
  /** How many partitions the engine runs side by side: what `partitions = 'auto'` means. */
  readonly parallelism: number;
  /** How many partitions all steps of a program may have together. */
  readonly mostPartitions: number;
  /** Whether the standard statements of a program run in one session. */
  readonly sharedSession: boolean;
  /** Names of the database's views, lower-case, without their databases. */
  readonly views: readonly string[];
  /** Queries of the views that a query reads which may replace its own source, by `tableKey` in lower case; null: the account may not see it. */
  readonly viewDefinitions: Readonly<Record<string, string | null>>;
  /** What the database says of each query of the program, by the query's text. */
  readonly queries: Readonly<Record<string, QueryFacts>>;
  /** What the database says of each result table of the program, by `tableKey`. */
  readonly tables: Readonly<Record<string, TableFacts>>;
}

export interface CatalogImage {
  /** As a statement writes it, without tag and digest. */
  readonly name: string;
  /** The image that runs in its stead; null: itself. */
  readonly runs: string | null;
  /** What CMD may begin with, and the worker's program that it means. */
  readonly programs: Readonly<Record<string, WorkerProgram>>;
  /** Options that the image's own program had and the worker does not need. */
  readonly ignoredOptions: readonly string[];
  /** Options of the image's own program that the attributes of the same names stand for. */
  readonly attributeOptions: readonly string[];
}

export type WorkerProgram = 'yolo';

export interface CatalogModel {
  readonly name: string;
  /** The model file as a step sees it, e.g. `/models/demo.onnx`. */
  readonly file: string;
}

export interface CatalogVolume {
  readonly claim: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

/** Columns in the query's order; `unknown` where it reads a table that the program itself makes first. */
export type QueryFacts =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly message: string };

export interface TableFacts {
  readonly exists: boolean;
}

export function tableKey(table: { readonly database: string | null; readonly table: string }): string {
  return table.database === null ? table.table : `${table.database}.${table.table}`;
}
