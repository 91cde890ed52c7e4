import { figure } from '../plan/find/figure.ts';
import type { Step } from './progress.ts';

/** What TO FIND cost and how many of the labelled images are right, beside what was predicted. */
export function findFigureLines({ find }: Step): readonly string[] {
  if (find === null || find.actual.costMs === null) return [];
  const { predicted, actual } = find;
  const cost = `  cost ${shown(actual.costMs!)} ms an image (predicted ${shown(predicted.costMs)})`;
  if (actual.agreement === null) return [cost];
  const wanted = predicted.agreement === null ? '' : ` (predicted ${percent(predicted.agreement)})`;
  return [`${cost}  right about ${percent(actual.agreement)} of ${actual.labelled} labelled images${wanted}`];
}

const shown = (value: number) => figure(Number(value.toPrecision(3)));

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;
