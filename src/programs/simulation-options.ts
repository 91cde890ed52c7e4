import type { Options, Settings } from './contract.ts';

/** Longest latency of a simulated model, in ms. */
const longestLatency = 600_000;

/** A constrained variation of a model, as in the thesis's Example 4.2: it is slower, less accurate or knows fewer classes. */
export const simulationOptions = {
  latency: {
    kind: 'number',
    takes: 'milliseconds that the simulated model takes for each image, at least',
    least: 0,
    most: longestLatency,
    whole: false,
    otherwise: null,
  },
  accuracy: {
    kind: 'number',
    takes:
      'probability that a detection of the simulated model has its right class, 0 to 1; the same images get the same errors',
    least: 0,
    most: 1,
    whole: false,
    otherwise: null,
  },
  class_coverage: {
    kind: 'list',
    takes: 'ids or names of the only classes that the simulated model knows, separated by commas',
  },
} as const satisfies Options;

export type SimulationSettings = Settings<typeof simulationOptions>;

/** `50 ms an image, accuracy 0.75, knows 5 classes: 1, 2, 3, 4, 5`; null: nothing is simulated. */
export function explainSimulation({ latency, accuracy, class_coverage: classes }: SimulationSettings): string | null {
  const parts = [
    latency === null ? null : `at least ${latency} ms an image`,
    accuracy === null ? null : `a detection has its right class with probability ${accuracy}`,
    classes === null ? null : `only the classes ${classes.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join('; ');
}
