import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Column } from '../api/catalog.ts';
import { readClasses, readColumns, readModelNames, readProfiles, readTables } from '../api/catalog.ts';
import type { Names } from './language.ts';

/** Number of characters before the cursor that are examined. */
const longestLook = 2000;

interface KnownNames extends Names {
  columns(table: string): Promise<readonly Column[]>;
}

/** Names of a datasource, each list read once; programs that ran may have created tables, so that is read again. */
export function namesOf(datasource: string | undefined): KnownNames & { forget(): void } {
  const known = new Map<string, Promise<readonly unknown[]>>();
  const once = <Name>(key: string, load: () => Promise<readonly Name[]>) => {
    const found = known.get(key) ?? load().catch(() => []);
    known.set(key, found);
    return found as Promise<readonly Name[]>;
  };
  return {
    tables: () => once('tables', () => readTables(datasource)),
    models: () => once('models', () => readModelNames(datasource)),
    profiles: () => once('profiles', readProfiles),
    classes: () => once('classes', () => readClasses(datasource)),
    columns: (table) => once(`columns of ${table}`, () => readColumns(datasource, table)),
    forget: () => known.clear(),
  };
}

/** Completes keywords, attributes, tables, columns, models and classes. */
export async function complete(names: KnownNames, context: CompletionContext): Promise<CompletionResult | null> {
  const { completeWords, tablesAround } = await import('./language.ts');
  const { pos, state } = context;
  const before = state.sliceDoc(Math.max(0, pos - longestLook), pos);
  const [words, typed] = await completeWords(before, names);
  const isSuffix = /\.[\w$]*$/.test(typed);
  const column = isSuffix ? typed.slice(typed.lastIndexOf('.') + 1) : typed;
  const isColumn = mayBeColumn(before.slice(0, before.length - typed.length), typed, context.explicit);
  const tables = isColumn ? tablesAround(state.doc.toString(), pos) : [];
  const columns = (await Promise.all(tables.map((table) => names.columns(table)))).flat();
  const options = [...(isSuffix ? [] : columnOptions(columns)), ...words.map(wordOption)];
  if (words.length === 0 && isSuffix) return resultOf(pos - column.length, columnOptions(columns));
  return resultOf(pos - typed.length, options);
}

const resultOf = (from: number, options: readonly Completion[]): CompletionResult | null =>
  options.length === 0 ? null : { from, options, validFor: /^[\w$.`-]*$/ };

/** Not where a table or a name of Millrace's own is due. */
function mayBeColumn(before: string, typed: string, isExplicit: boolean): boolean {
  if (typed === '' && !isExplicit) return false;
  return !/\b(?:FROM|JOIN|INTO|UPDATE|TABLE|TO|RUN|CMD|USING|MODEL)\s{1,20}$|["'][^"'\s]{0,200}$/i.test(
    before.slice(-220),
  );
}

const columnOptions = (columns: readonly Column[]): readonly Completion[] =>
  columns.map(({ name, type }) => ({
    label: name,
    apply: /^[A-Za-z_$][\w$]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``,
    detail: type,
    type: 'property',
    boost: 1,
  }));

const wordOption = (word: string): Completion => ({
  label: word.trimEnd(),
  apply: word,
  type: /^[A-Z ]+$/.test(word) ? 'keyword' : 'variable',
});
