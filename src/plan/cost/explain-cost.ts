import { measuredAs } from '../../programs/measured-settings.ts';
import { contractOf } from '../../programs/programs.ts';
import type { RunStep } from '../plan.ts';
import { notMeasured } from './plan-cost.ts';
import { predictionOf, type StepCost } from './step-cost.ts';

/** What a step is predicted to take and from which measurements, and why its numbers are chosen: a word and a line each. */
export function explainCost({
  cost,
  choices = [],
  partitions,
  program,
}: RunStep): readonly (readonly [string, string])[] {
  if (!runsModels(program)) return [];
  return [
    ...choices.map((choice) => ['choose', choice] as const),
    ['predict', cost === undefined ? notMeasured(program) : predicted(cost, partitions)],
    ...(cost === undefined ? [] : [['measured', origin(cost, measuredAs(program))] as const]),
  ];
}

/** What computes with the rows' own values is not measured by images. */
const runsModels = ({ name }: RunStep['program']) => contractOf(name).inputs === 'images';

function predicted(cost: StepCost, partitions: number): string {
  const memory = cost.memory === null ? '' : `, ${Math.round(cost.memory / 2 ** 20)} MiB a partition`;
  if (cost.images === null)
    return `${rounded(cost.startSeconds)} s to start and ${rounded(cost.imageSeconds * 1000)} ms an image${memory}; the rows are not counted`;
  const { seconds, imagesPerSecond } = predictionOf(cost, cost.images, partitions);
  return `${rounded(seconds)} s for ${cost.images} images, ${rounded(imagesPerSecond)} images/s${memory}`;
}

/** `2026-11-27 over 512 images on cpu, batch 1 (3 runs)` */
function origin({ measured: { at, images, device, batch, runs } }: StepCost, kind: 'run' | 'evaluation'): string {
  return `${at.slice(0, 10)} over ${images} images on ${device}, batch ${batch} (${runs} ${kind}${runs === 1 ? '' : 's'})`;
}

function rounded(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
