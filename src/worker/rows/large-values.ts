import type { RowDataPacket, TypeCast } from 'mysql2/promise';
import { describeTable } from '../../datasource/describe.ts';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { LargeValue } from '../row-program.ts';

/** Bytes of a value that are read with its page, and of a value that may be a file's name. */
const small = 4096;

/** Whether a column of so many bytes may hold files. */
export function holdsFiles(bytes: number | null): boolean {
  return bytes !== null && bytes > small;
}

/** Columns whose values may be files: they are read one by one, so that memory does not grow with a page. */
export async function largeColumns(context: RowsContext, columns: readonly string[]): Promise<ReadonlySet<string>> {
  const read = () => describeTable(context.pool, context.names.selection);
  const description = await withReconnect(read, { signal: context.signal });
  const large = (description?.columns ?? []).filter(({ type }) => isLarge(type)).map(({ name }) => name);
  return new Set(large.filter((name) => columns.includes(name)));
}

function isLarge(type: string): boolean {
  const bytes = /^varbinary\((\d+)\)/i.exec(type)?.[1];
  return bytes === undefined ? /^(?:medium|long)?blob/i.test(type) : holdsFiles(Number(bytes));
}

/** Below the smallest `max_allowed_packet` in use, 16 MiB: https://mariadb.com/kb/en/server-system-variables/#max_allowed_packet */
const pieceBytes = 4 * 2 ** 20;

/** A value of the selection by its row. It is sent in pieces: a packet may be smaller than it. */
export function largeValue({ pool, names, signal }: RowsContext, column: string, row: string): LargeValue {
  const name = quoteName(column);
  const sql = `SELECT OCTET_LENGTH(${name}) AS length, SUBSTRING(CAST(${name} AS BINARY), ?, ${pieceBytes}) AS piece
     FROM ${quoteTable(names.selection)} WHERE ${quoteName(hiddenColumns.row)} = ?`;
  const readPiece = async (from: number) => {
    const query = { sql, values: [from + 1, row], typeCast: pieceAsSent };
    const [rows] = await withReconnect(() => pool.query<RowDataPacket[]>(query), { signal });
    return { length: Number(rows[0]?.length), piece: (rows[0]?.piece ?? null) as Buffer | null };
  };
  return {
    read: async (most) => {
      const { length, piece } = await readPiece(0);
      if (piece === null) return null;
      if (length > most) return { length, bytes: null };
      const pieces = [piece];
      for (let at = piece.length; at < length; at += pieceBytes) pieces.push((await readPiece(at)).piece!);
      return { length, bytes: pieces.length === 1 ? piece : Buffer.concat(pieces) };
    },
  };
}

const pieceAsSent: TypeCast = (field, next) => (field.name === 'piece' ? field.buffer() : next());
