import type { Step } from './progress.ts';
import { countedAs } from './step-words.ts';

type AskedModel = NonNullable<Step['models']>[number];

/** A line for each model of a cascade: what it was asked, and what was predicted. */
export function askedModelLines(step: Step): readonly string[] {
  const { models, partitions } = step;
  if (models === null) return [];
  const done = partitions.reduce((sum, partition) => sum + partition.done - partition.failed, 0);
  const { inputs } = countedAs(step);
  const width = Math.max(...models.map(({ name }) => name.length));
  return models.map((model) => modelLine(model, width, done, inputs));
}

function modelLine(model: AskedModel, width: number, done: number, inputs: string): string {
  const { name, asked, decided, reused, inferMs, predicted } = model;
  const share = done === 0 ? '' : ` (${percent(asked / done)}, predicted ${percent(predicted.asked)})`;
  const predictedMs = predicted.totalMs === null ? '' : ` (predicted ${milliseconds(predicted.totalMs)})`;
  const parts = [
    `  ${name.padEnd(width)}  asked about ${asked} ${inputs}${share}`,
    `decided ${decided}`,
    ...(reused === 0 ? [] : [`${reused} by stored answers`]),
    ...(inferMs === null ? [] : [`${milliseconds(inferMs)} an image${predictedMs}`]),
  ];
  return parts.join('  ');
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function milliseconds(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
