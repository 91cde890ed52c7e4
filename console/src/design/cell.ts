/** A value as text; NULL is empty. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const longest = 300;

/** A value as a cell shows it: one line, and not all of a long text. */
export function displayed(value: unknown): string {
  const text = cellText(value)
    .slice(0, longest + 1)
    .replaceAll(/\s/g, ' ');
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const numeric = new Set(['integer', 'bigint', 'decimal', 'double']);

export const isNumeric = (type: string): boolean => numeric.has(type);
