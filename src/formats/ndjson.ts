import { pieces, type Rows } from './format.ts';

/** One object per row and line. */
export async function* write({ columns, rows }: Rows): AsyncGenerator<Uint8Array> {
  const names = distinct(columns.map(({ name }) => name));
  yield* pieces(
    rows,
    (row) => `${JSON.stringify(Object.fromEntries(row.map((value, index) => [names[index], value])))}\n`,
  );
}

/** Makes names unique, because an object has one value per name: `id`, `id_2`. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
