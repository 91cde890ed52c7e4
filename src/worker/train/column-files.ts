import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../errors.ts';
import type { TrainingColumn } from './column-values.ts';
import { NpyFile } from './npy.ts';

/** Values held in memory, of all columns together. */
const heldValues = 2 ** 21;
/** UTF-16 units of all dictionaries together: they are one JSON text, and Node's strings end at 2^29. */
const largestDictionaries = 2 ** 27;

interface OpenColumn extends TrainingColumn {
  readonly file: NpyFile;
  /** Code of each text. */
  readonly dictionary: Map<string, number>;
}

/** Rows in the form of the trainer's contract (trainer/README.md), in bounded memory but for the texts' dictionaries. */
export class ColumnFiles {
  rows = 0;
  readonly #folder: string;
  readonly #columns: readonly OpenColumn[];
  #dictionarySize = 0;

  constructor(folder: string, columns: readonly TrainingColumn[]) {
    this.#folder = folder;
    const pieceLength = Math.max(256, Math.floor(heldValues / Math.max(1, columns.length)));
    this.#columns = columns.map((column, index) => ({
      ...column,
      file: new NpyFile(join(folder, `${index}.npy`), column.kind === 'number' ? '<f8' : '<i4', pieceLength),
      dictionary: new Map(),
    }));
  }

  async add(rows: readonly (readonly unknown[])[]): Promise<void> {
    for (const row of rows) {
      let full = false;
      for (const [index, column] of this.#columns.entries()) full = column.file.push(this.#value(column, row[index]));
      this.rows += 1;
      if (full) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    for (const { file } of this.#columns) await file.flush();
  }

  #value(column: OpenColumn, value: unknown): number {
    const isMissing = value === null || value === undefined;
    if (column.kind === 'number') return isMissing ? Number.NaN : Number(column.convert(value));
    return isMissing ? -1 : this.#code(column, String(column.convert(value)));
  }

  #code({ name, dictionary }: OpenColumn, text: string): number {
    const known = dictionary.get(text);
    if (known !== undefined) return known;
    this.#dictionarySize += text.length;
    if (this.#dictionarySize > largestDictionaries) {
      const message = `the texts of the query, up to those of column '${name}', have more than ${largestDictionaries} characters`;
      throw new MillraceError('TRAIN_TEXT_TOO_LARGE', message);
    }
    dictionary.set(text, dictionary.size);
    return dictionary.size - 1;
  }

  async close(): Promise<number> {
    for (const { file } of this.#columns) await file.close();
    const columns = this.#columns.map(({ name, kind, dictionary }) =>
      kind === 'number' ? { name, kind } : { name, kind, dictionary: [...dictionary.keys()] },
    );
    await writeFile(join(this.#folder, 'columns.json'), JSON.stringify({ version: 1, rows: this.rows, columns }));
    return this.rows;
  }
}
