import type { SearchedCascade, SearchedStrategy } from '../../catalog/cascades.ts';
import type { Goal } from '../optimize/problem.ts';
import { figure } from './figure.ts';
import type { FindPlan } from './find-plan.ts';

type Line = readonly [string, string];

const strategyNames = ['baseline', 'basic', 'order'] as const;

/** The plans of the three strategies side by side, and what they are based on: a word and a line each. */
export function explainFind(plan: FindPlan): readonly Line[] {
  const { goal, presence, notes, strategies, front } = plan;
  const columns = strategyNames.map((name) => columnOf(name === plan.strategy ? `${name} *` : name, strategies[name]));
  return [
    ['goal', `${explainGoal(goal)}; the strategy is ${plan.strategy}`],
    ['presence', presence.from],
    ...notes.map((note): Line => ['note', note]),
    ...sideBySide(columns),
    ...(front === null ? [] : [['front', `${frontText(front.length)}${rangeOf(front)}`] as const]),
  ];
}

function explainGoal(goal: Goal): string {
  switch (goal.kind) {
    case 'best':
      return 'the highest accuracy at any cost';
    case 'maxCost':
      return `the highest accuracy for at most ${figure(goal.cost)} ms an image`;
    case 'minAccuracy':
      return `the least cost with an accuracy of at least ${figure(goal.accuracy)}`;
  }
}

function frontText(plans: number): string {
  return plans === 1 ? 'one plan of order is worth having' : `${plans} plans of order are worth having`;
}

function rangeOf(front: NonNullable<FindPlan['front']>): string {
  const [first, last] = [front[0], front.at(-1)];
  if (first === undefined || last === undefined) return '';
  const told = ({ cost, accuracy }: typeof first) => `${figure(cost)} ms with accuracy ${figure(accuracy)}`;
  return front.length === 1 ? `: ${told(first)}` : `, from ${told(first)} to ${told(last)}`;
}

/** What a column of the table says: a heading, steps of three lines, and figures. */
interface Column {
  readonly heading: string;
  readonly steps: readonly (readonly string[])[];
  readonly figures: readonly string[];
}

function columnOf(heading: string, { cascade, reachesGoal }: SearchedStrategy): Column {
  if (cascade === null) return { heading, steps: [['no plan', '', '']], figures: ['–', '–', '–'] };
  return {
    heading: reachesGoal ? heading : `${heading} (misses the goal)`,
    steps: cascade.steps.map(({ model, cost, classes, reach }) => [
      model,
      shortened(classes.join(', ')),
      `${figure(reach * 100)} % × ${figure(cost)} ms`,
    ]),
    figures: figuresOf(cascade),
  };
}

function figuresOf({ cost, accuracy, agreement }: SearchedCascade): readonly string[] {
  return [`${figure(cost)} ms an image`, figure(accuracy), agreement === null ? 'not computed' : figure(agreement)];
}

const mostWidth = 36;

function shortened(text: string): string {
  return text.length > mostWidth ? `${text.slice(0, mostWidth - 1)}…` : text;
}

function sideBySide(columns: readonly Column[]): readonly Line[] {
  const widths = columns.map(({ heading, steps, figures }) =>
    Math.max(...[heading, ...steps.flat(), ...figures].map(({ length }) => length)),
  );
  const line = (word: string, cellOf: (column: Column) => string): Line => [
    word,
    columns
      .map((column, at) => cellOf(column).padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  ];
  const longest = Math.max(...columns.map(({ steps }) => steps.length));
  const steps = Array.from({ length: longest }, (_, step) =>
    [0, 1, 2].map((part) => line(part === 0 ? `${step + 1}.` : '', ({ steps: own }) => own[step]?.[part] ?? '')),
  );
  const figures = ['cost', 'accuracy', 'agreement'].map((word, at) => line(word, ({ figures: own }) => own[at]!));
  return [line('strategy', ({ heading }) => heading), ...steps.flat(), ...figures];
}
