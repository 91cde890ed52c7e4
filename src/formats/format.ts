/** The rows of one result. */
export interface Rows {
  readonly step: string;
  readonly columns: readonly Column[];
  /** Values as the API sends them: bigint, decimal and times as strings, binary as base64. */
  readonly rows: AsyncIterable<readonly unknown[]>;
  /** The query returned more than was kept. */
  readonly truncated: boolean;
}

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** Rows as bytes, a piece at a time, however many there are. */
export type Write = (rows: Rows) => AsyncIterable<Uint8Array>;

export interface Format {
  /** Of HTTP. */
  readonly mediaType: string;
  readonly write: Write;
}

/** Characters that are worth a write. */
const pieceLength = 32_768;

/** The text of each row, put together into pieces. */
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
