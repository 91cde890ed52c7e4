const whole = new Intl.NumberFormat('en');

export const count = (value: number | null): string => (value === null ? '' : whole.format(value));

export const share = (value: number | null): string => (value === null ? '' : value.toFixed(3));

/** Three digits are enough to compare. */
export function milliseconds(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? whole.format(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;

export function bytes(value: number | null): string {
  if (value === null) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), units.length - 1);
  return `${Number((value / 1024 ** power).toPrecision(3))} ${units[power]}`;
}

export const day = (time: string): string => time.slice(0, 16).replace('T', ' ');
