/** @param index of the statement in its program, from 0 */
export function stepName(index: number): string {
  return `step-${index + 1}`;
}
