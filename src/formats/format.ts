/** The rows of one result. */
export interface Rows {
  readonly step: string;
  readonly columns: readonly Column[];
  /** Some rows at a time, with values as the API sends them: bigint, decimal and times as strings, binary as base64. */
  readonly batches: AsyncIterable<readonly Row[]>;
  /** The query returned more rows than are kept. */
  readonly truncated: boolean;
}

export interface Column {
  readonly name: string;
  readonly type: string;
}

type Row = readonly unknown[];

/** Writes rows as bytes, piece by piece, so that memory does not grow with the result. */
export type Write = (rows: Rows) => AsyncIterable<Uint8Array>;

export interface Format {
  /** Content type over HTTP. */
  readonly mediaType: string;
  /** Whether it is bytes that no terminal shows. */
  readonly isBinary: boolean;
  readonly write: Write;
}

/** Minimum length of a piece, in characters; only the last may be shorter. */
const pieceLength = 32_768;

/** Joins the text of the rows into pieces. */
export async function* pieces(
  batches: AsyncIterable<readonly Row[]>,
  textOf: (row: Row) => string,
): AsyncGenerator<Uint8Array> {
  let piece = '';
  for await (const batch of batches) {
    for (const row of batch) {
      piece += textOf(row);
      if (piece.length < pieceLength) continue;
      yield Buffer.from(piece);
      piece = '';
    }
  }
  if (piece !== '') yield Buffer.from(piece);
}

/** Makes names unique, for formats that find a value by its name: `id`, `id_2`. */
export function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
