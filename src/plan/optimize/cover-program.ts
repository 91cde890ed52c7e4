import { countsObjects } from '../../programs/predicate/predicate.ts';
import type { Cascade, Goal, Problem } from './problem.ts';
import { accuracyFor, type CandidateModel } from './repository.ts';

/**
 * Solves a mixed integer program in CPLEX's LP format: `highs`, for one.
 * @param gap how far from the best one a solution may be, as a share of its value
 * @returns the variables that are 1; null if there is no solution
 */
export type Solver = (program: string, gap: number) => ReadonlySet<string> | null;

interface Answer {
  readonly variable: string;
  readonly model: number;
  readonly class: number;
  readonly accuracy: number;
}

/**
 * The basic strategy as a mixed integer program, for more classes than can be searched (FIND.md): `y` says that a model is asked, `x` that its
 * answer for a class counts. Only `y` has to be whole: once it is, each class has a most accurate answer. Accuracies are added as logarithms.
 */
export function solveCover(problem: Problem, goal: Goal, solve: Solver, gap = 0): Cascade | null {
  const models = withoutWorse(problem);
  const answers = listAnswers({ ...problem, models });
  const usable = worthHaving(answers, goal);
  const chosen = solve(programOf(models, usable, goal, problem.classes.length), gap);
  if (chosen === null) return null;
  return toCascade(
    problem,
    models,
    usable.filter(({ model }) => chosen.has(`y${model}`)),
  );
}

/** Leaves out models that another one can replace: no dearer, and no less accurate for any class. */
function withoutWorse({ classes, models }: Problem): readonly CandidateModel[] {
  const worth = (model: CandidateModel) =>
    classes.map((asked) => accuracyFor(model, { name: asked.name, counted: countsObjects(asked) }) ?? 0);
  const kept: { readonly model: CandidateModel; readonly accuracies: readonly number[] }[] = [];
  for (const model of models.toSorted((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))) {
    const accuracies = worth(model);
    const replaced = kept.some((other) => accuracies.every((own, index) => own <= other.accuracies[index]!));
    if (!replaced) kept.push({ model, accuracies });
  }
  return kept.map(({ model }) => model);
}

function listAnswers({ classes, models }: Problem): readonly Answer[] {
  return classes.flatMap((asked, index) =>
    models.flatMap((model, number): readonly Answer[] => {
      const accuracy = accuracyFor(model, { name: asked.name, counted: countsObjects(asked) }) ?? 0;
      return accuracy > 0 ? [{ variable: `x${number}_${index}`, model: number, class: index, accuracy }] : [];
    }),
  );
}

/** For the best accuracy, only the most accurate answers of each class. */
function worthHaving(answers: readonly Answer[], { kind }: Goal): readonly Answer[] {
  if (kind !== 'best') return answers;
  const highest = new Map<number, number>();
  for (const { class: own, accuracy } of answers) highest.set(own, Math.max(accuracy, highest.get(own) ?? 0));
  return answers.filter(({ class: own, accuracy }) => accuracy === highest.get(own));
}

function programOf(models: readonly CandidateModel[], answers: readonly Answer[], goal: Goal, classes: number): string {
  const used = [...new Set(answers.map(({ model }) => model))];
  const cost = used.map((model) => term(models[model]!.cost, `y${model}`)).join(' ');
  const accuracy = answers.map(({ variable, accuracy: own }) => term(Math.log(own), variable)).join(' ');
  const once = Array.from({ length: classes }, (_, index) => {
    const own = answers.filter((answer) => answer.class === index).map(({ variable }) => `+ ${variable}`);
    // A class without answers makes the program infeasible, as it should.
    return `${own.length > 0 ? own.join(' ') : '0 nothing'} = 1`;
  });
  const asked = answers.map(({ variable, model }) => `${variable} - y${model} <= 0`);
  const bound =
    goal.kind === 'maxCost'
      ? [`${cost} <= ${goal.cost}`]
      : goal.kind === 'minAccuracy'
        ? [`${accuracy} >= ${Math.log(goal.accuracy)}`]
        : [];
  const objective = goal.kind === 'maxCost' ? `Maximize\n obj: ${accuracy}` : `Minimize\n obj: ${cost}`;
  const binary = used.map((model) => `y${model}`);
  const rows = [...once, ...asked, ...bound].map((row, index) => ` c${index}: ${row}`);
  return `${objective}\nSubject To\n${rows.join('\n')}\nBinary\n ${binary.join('\n ')}\nEnd\n`;
}

const term = (factor: number, variable: string) => `${factor < 0 ? '-' : '+'} ${Math.abs(factor)} ${variable}`;

/** @param answers of the models to ask: the most accurate one of each class counts, and models without one are left out */
function toCascade({ classes }: Problem, models: readonly CandidateModel[], answers: readonly Answer[]): Cascade {
  const counting = classes.map((_, index) => mostAccurate(answers.filter((answer) => answer.class === index)));
  const steps = [...Map.groupBy(counting, ({ model }) => model)].map(([model, own]) => ({
    model: models[model]!,
    classes: own.map((answer) => classes[answer.class]!.name),
    reach: 1,
  }));
  return {
    steps,
    cost: steps.reduce((sum, { model }) => sum + model.cost, 0),
    accuracy: counting.reduce((accuracy, { accuracy: own }) => accuracy * own, 1),
  };
}

function mostAccurate(answers: readonly Answer[]): Answer {
  return answers.reduce((best, answer) => (answer.accuracy > best.accuracy ? answer : best));
}
