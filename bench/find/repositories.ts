import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../src/demo/scenes/random.ts';
import type { CandidateModel } from '../../src/plan/optimize/repository.ts';
import { classNames, sharedData } from './classes.ts';

export interface Repository {
  readonly name: string;
  readonly models: readonly CandidateModel[];
}

/** The thesis's Appendix B, or a repository of the same shape. */
export function thesisRepository(): Repository {
  const file = join(sharedData, 'model_repository.csv');
  if (!existsSync(file)) return { ...uniformRepository(125), name: 'generated as Appendix B' };
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return { name: 'Appendix B', models: lines.map(readModel) };
}

/** id, model, latency in ms, accuracy, classes as drawn, each class once */
function readModel(line: string): CandidateModel {
  const [id = '', model, cost, accuracy, , known = ''] = line.split(',');
  const classes = known.split(' ').map((index) => classNames[Number(index)]!);
  return modelOf(`${model}-${id.padStart(3, '0')}`, Number(cost), Number(accuracy), classes);
}

/** Models that know any number of classes, each class as likely as any other. Costs and accuracies are those of Appendix B. */
export function uniformRepository(count: number): Repository {
  const random = createRandom(count);
  return {
    name: 'uniform',
    models: drawModels(count, random, () => Array.from({ length: random.count(1, 78) }, () => random.pick(classNames))),
  };
}

/**
 * Models most of which know few classes, mostly the same ones: the number of a model's draws falls with its square, and the n-th class is
 * drawn with a probability that falls with n.
 */
export function powerLawRepository(count: number): Repository {
  const random = createRandom(count);
  const draws = () => Math.min(78, Math.floor(1 / random.between(1 / 78, 1)) * random.count(1, 4));
  const rank = () => Math.floor(classNames.length ** random.between(0, 1)) - 1;
  return {
    name: 'power law',
    models: drawModels(count, random, () => Array.from({ length: draws() }, () => classNames[rank()]!)),
  };
}

function drawModels(count: number, random: Random, drawClasses: () => readonly string[]): readonly CandidateModel[] {
  return Array.from({ length: count }, (_, index) =>
    modelOf(
      `model-${String(index + 1).padStart(3, '0')}`,
      random.count(1, 48),
      random.count(80, 100) / 100,
      drawClasses(),
    ),
  );
}

function modelOf(name: string, cost: number, accuracy: number, classes: readonly string[]): CandidateModel {
  return { name, cost, accuracies: new Map(classes.map((each) => [each, accuracy])), counts: true };
}
