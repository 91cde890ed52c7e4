/** The rows of one result. */
export interface Rows {
  readonly step: string;
  readonly columns: readonly Column[];
  /** Values as the API sends them: bigint, decimal and times as strings, binary as base64. */
  readonly rows: AsyncIterable<readonly unknown[]>;
  /** The query returned more rows than are kept. */
  readonly truncated: boolean;
}

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** Writes rows as bytes, piece by piece, so that memory does not grow with the result. */
export type Write = (rows: Rows) => AsyncIterable<Uint8Array>;

export interface Format {
  /** Content type over HTTP. */
  readonly mediaType: string;
  readonly write: Write;
}

/** Minimum length of a piece, in characters; only the last may be shorter. */
const pieceLength = 32_768;

/** Joins the text of the rows into pieces. */
export async function* pieces(
  rows: AsyncIterable<readonly unknown[]>,
  textOf: (row: readonly unknown[]) => string,
): AsyncGenerator<Uint8Array> {
  let piece = '';
  for await (const row of rows) {
    piece += textOf(row);
    if (piece.length < pieceLength) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  if (piece !== '') yield Buffer.from(piece);
}
