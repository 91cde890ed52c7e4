import type { PlanStep } from '../api/statements.ts';

/** Of a step's box, in px. */
export const size = { width: 270, height: 76 };
const gap = { x: 56, y: 18 };
const margin = 4;

export interface Placed {
  readonly step: PlanStep;
  readonly x: number;
  readonly y: number;
}

/** Columns by the longest way from a step that needs none; within a column, in the program's order. */
export function placeSteps(steps: readonly PlanStep[]) {
  const columns = new Map<string, number>();
  for (const step of steps) {
    columns.set(step.name, Math.max(-1, ...step.needs.map((name) => columns.get(name) ?? -1)) + 1);
  }
  const used = new Map<number, number>();
  const placed = steps.map((step): Placed => {
    const column = columns.get(step.name)!;
    const row = used.get(column) ?? 0;
    used.set(column, row + 1);
    return { step, x: margin + column * (size.width + gap.x), y: margin + row * (size.height + gap.y) };
  });
  return {
    placed,
    width: Math.max(0, ...placed.map(({ x }) => x)) + size.width + margin,
    height: Math.max(0, ...placed.map(({ y }) => y)) + size.height + margin,
  };
}
