/** What a program may name, as plain data: read before planning, so that planning itself stays pure. */
export interface Catalog {
  readonly images: readonly CatalogImage[];
  readonly models: readonly CatalogModel[];
  /** Mounted into every step; more by the `volume` attribute. */
  readonly volumes: readonly CatalogVolume[];
  /** How many partitions the engine runs side by side: what `partitions = 'auto'` means. */
  readonly parallelism: number;
  /** Names of the database's views, lower-case, without their databases. */
  readonly views: readonly string[];
  /** What the database says of each query of the program, by the query's text. */
  readonly queries: Readonly<Record<string, QueryFacts>>;
  /** What the database says of each result table of the program, by `tableKey`. */
  readonly tables: Readonly<Record<string, TableFacts>>;
}

export interface CatalogImage {
  readonly name: string;
  /** The worker's programs that the image runs; none: an image with a contract of its own. */
  readonly programs: readonly string[];
}

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
