import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<T> {
  readonly title: string;
  /** What rows are sorted by; null is last. */
  value(row: T): string | number | null;
  /** Default: the value. */
  show?(row: T): ComponentChildren;
  readonly isNumber?: boolean;
}

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  keyOf(row: T): string;
  /** Number of the column that rows are sorted by at first. Default: their own order. */
  readonly sorted?: number;
}

/** A table whose headings sort it. */
export function SortedTable<T>({ label, columns, rows, keyOf, sorted }: Props<T>) {
  const [order, setOrder] = useState<{ readonly column: number; readonly isUp: boolean } | null>(
    sorted === undefined ? null : { column: sorted, isUp: columns[sorted]!.isNumber !== true },
  );
  const shown = order === null ? rows : rows.toSorted(compareBy(columns[order.column]!, order.isUp));
  const sort = (column: number) =>
    setOrder((before) =>
      before?.column === column ? { column, isUp: !before.isUp } : { column, isUp: columns[column]!.isNumber !== true },
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
    <section class="table-frame" aria-label={label} tabIndex={0}>
      <table class="sorted-table">
        <thead>
          <tr>
            {columns.map(({ title, isNumber }, at) => (
              <th
                key={title}
                scope="col"
                class={isNumber ? 'number' : undefined}
                aria-sort={order?.column !== at ? undefined : order.isUp ? 'ascending' : 'descending'}
              >
                <button type="button" onClick={() => sort(at)}>
                  {title}
                  <span aria-hidden="true">{order?.column !== at ? '' : order.isUp ? ' ▲' : ' ▼'}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, isNumber, show, value }) => (
                <td key={title} class={isNumber ? 'number' : undefined}>
                  {show === undefined ? value(row) : show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function compareBy<T>({ value }: Column<T>, isUp: boolean): (one: T, other: T) => number {
  const sign = isUp ? 1 : -1;
  return (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
  };
}
