/** A number with four digits that count, as people read it. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
