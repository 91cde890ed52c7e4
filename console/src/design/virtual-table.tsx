// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed at an offset
import './virtual-table.css';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { cellText, displayed, isNumeric } from './cell.ts';
import { type Cell, moved, tabbed } from './selection.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

interface Props {
  /** Read by screen readers. */
  readonly label: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly unknown[])[];
  /** Called when the end of `rows` comes into view: more may be loaded. */
  readonly onNearEnd?: () => void;
}

const rowHeight = 28;
/** Browsers limit the height of an element; above this, the scroll bar's position is scaled. */
const highest = 8_000_000;
const spare = 8;

/** A table of any length: only the rows in view are elements. Arrow keys move, Shift selects, Ctrl-C copies. */
export function VirtualTable({ label, columns, rows, onNearEnd }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  const [view, setView] = useState({ top: 0, height: 400 });
  const [active, setActive] = useState<Cell>({ row: 0, column: 0 });
  const [anchor, setAnchor] = useState<Cell>({ row: 0, column: 0 });
  const widths = useMemo(() => widthsOf(columns, rows.slice(0, 200)), [columns, rows.length === 0]);

  const full = rows.length * rowHeight;
  const height = Math.min(full, highest);
  /** Height of the rows in view, below the head. */
  const visible = view.height - rowHeight;
  const scale = height > visible ? Math.max(1, (full - visible) / (height - visible)) : 1;
  const first = Math.max(0, Math.floor((view.top * scale) / rowHeight) - spare);
  const last = Math.min(rows.length, Math.ceil((view.top * scale + view.height) / rowHeight) + spare);
  /** Offset of the first drawn row within the scrolled body. */
  const offset = first * rowHeight - view.top * scale + view.top;

  useEffect(() => {
    const box = frame.current!;
    const observer = new ResizeObserver(() => setView({ top: box.scrollTop, height: box.clientHeight }));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (last >= rows.length - spare) onNearEnd?.();
  }, [last, rows.length]);

  const show = (row: number) => {
    const box = frame.current!;
    const place = row * rowHeight;
    const room = box.clientHeight - 2 * rowHeight;
    const top = box.scrollTop * scale;
    if (place < top) box.scrollTop = place / scale;
    else if (place > top + room) box.scrollTop = (place - room) / scale;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'c') {
      event.preventDefault();
      return void navigator.clipboard.writeText(tabbed(rows, anchor, active));
    }
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const next = moved(active, event, { rows: rows.length, columns: columns.length, page });
    if (next === null) return;
    event.preventDefault();
    setActive(next);
    if (!event.shiftKey) setAnchor(next);
    show(next.row);
    frame.current!.querySelector(`#${cellId(id, next)}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const onClick = (event: MouseEvent) => {
    const { row, column } = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset ?? {};
    if (row === undefined) return;
    const cell = { row: Number(row), column: Number(column) };
    setActive(cell);
    if (!event.shiftKey) setAnchor(cell);
  };
  const isSelected = (row: number, column: number) =>
    between(row, anchor.row, active.row) && between(column, anchor.column, active.column);

  return (
    <div
      ref={frame}
      class="table"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={rows.length > 0 ? cellId(id, active) : undefined}
      tabIndex={0}
      style={{ '--columns': widths }}
      onScroll={({ currentTarget: { scrollTop, clientHeight } }) => setView({ top: scrollTop, height: clientHeight })}
      onKeyDown={onKeyDown}
      onClick={onClick}
    >
      <div class="table-row table-head" role="row" aria-rowindex={1} tabIndex={-1}>
        {columns.map(({ name, type }, index) => (
          <div key={index} role="columnheader" tabIndex={-1} class={isNumeric(type) ? 'cell number' : 'cell'}>
            {name} <span class="table-type">{type}</span>
          </div>
        ))}
      </div>
      <div class="table-body" role="rowgroup" style={{ height: `${height}px` }}>
        <div class="table-window" role="presentation" style={{ transform: `translateY(${offset}px)` }}>
          {rows.slice(first, last).map((row, index) => (
            <div key={first + index} class="table-row" role="row" aria-rowindex={first + index + 2} tabIndex={-1}>
              {columns.map(({ type }, column) => (
                <div
                  key={column}
                  id={cellId(id, { row: first + index, column })}
                  role="gridcell"
                  tabIndex={-1}
                  data-row={first + index}
                  data-column={column}
                  aria-selected={isSelected(first + index, column)}
                  class={cellClass(type, first + index === active.row && column === active.column)}
                >
                  <Value value={row[column]} />
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span class="null">NULL</span>;
  return <>{displayed(value)}</>;
}

const cellId = (id: string, { row, column }: Cell) => `${id}-${row}-${column}`;

const cellClass = (type: string, isActive: boolean) =>
  `cell${isNumeric(type) ? ' number' : ''}${isActive ? ' active' : ''}`;

const between = (value: number, a: number, b: number) => value >= Math.min(a, b) && value <= Math.max(a, b);

/** Widths by the first rows, so that columns do not move while the table is scrolled. */
function widthsOf(columns: readonly TableColumn[], rows: readonly (readonly unknown[])[]): string {
  return columns
    .map(({ name, type }, column) => {
      const texts = rows.map((row) => displayed(row[column]).length);
      const widest = Math.max(name.length + type.length + 1, ...texts, 4);
      const width = `${Math.min(widest, 48) + 2}ch`;
      return column === columns.length - 1 ? `minmax(${width}, 1fr)` : width;
    })
    .join(' ');
}

/** The rows as text that spreadsheets read. */
export function copyRows(columns: readonly TableColumn[], rows: readonly (readonly unknown[])[]): Promise<void> {
  const head = columns.map(({ name }) => name);
  return navigator.clipboard.writeText([head, ...rows].map((row) => row.map(cellText).join('\t')).join('\n'));
}
