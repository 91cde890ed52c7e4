import type { SearchedCascade, SearchedCascades } from '../../catalog/cascades.ts';
import { MillraceError } from '../../errors.ts';
import type { FindStatement } from '../../sql/statement.ts';
import type { Goal } from '../optimize/problem.ts';
import { figure } from './figure.ts';
import type { FindQuestion } from './read-find.ts';

/** Why the chosen strategy has no plan: the bound of the statement, with the plan that comes nearest. */
export function missedGoal(
  { attributes, predicate }: FindStatement,
  { goal, attributes: { strategy } }: FindQuestion,
  { strategies }: SearchedCascades,
): MillraceError {
  const written = attributes.find(({ name }) => name === (goal.kind === 'maxCost' ? 'max_cost' : 'min_accuracy'));
  const span = written?.value.span ?? predicate.span;
  const { cascade } = strategies[strategy];
  const message =
    goal.kind === 'maxCost'
      ? `no plan of the strategy ${strategy} costs at most ${goal.cost} ms an image`
      : goal.kind === 'minAccuracy'
        ? `no plan of the strategy ${strategy} has an accuracy of at least ${goal.accuracy}`
        : `the strategy ${strategy} finds no plan`;
  const reached = strategy === 'order' ? undefined : (['basic', 'order'] as const).find(isReached(strategies));
  if (reached !== undefined) {
    const hint = `strategy = '${reached}' finds one: ${described(strategies[reached].cascade!)}`;
    return new MillraceError('BOUND_NOT_MET', message, { span, hint });
  }
  const nearest = cascade ?? strategies.order.cascade ?? strategies.basic.cascade;
  const hint = nearest === null ? undefined : `the nearest is ${described(nearest)}; ${allowing(nearest, goal)}`;
  return new MillraceError('BOUND_NOT_MET', message, { span, ...(hint !== undefined && { hint }) });
}

/** The bound that the plan keeps, rounded so that it does. */
function allowing({ cost, accuracy }: SearchedCascade, goal: Goal): string {
  if (goal.kind !== 'minAccuracy')
    return `max_cost = ${rounded(cost, (value) => Math.ceil(value - tolerance))} allows it`;
  return `min_accuracy = ${rounded(accuracy, (value) => Math.floor(value + tolerance))} allows it`;
}

/** A product of four-digit numbers is not rounded further for its last bits. */
const tolerance = 1e-6;

/** To four digits that count. */
function rounded(value: number, round: (value: number) => number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  return Number((round(value / unit) * unit).toPrecision(4));
}

const isReached = (strategies: SearchedCascades['strategies']) => (name: 'basic' | 'order') =>
  strategies[name].reachesGoal;

/** `yolov5s, resnet50: 12.4 ms an image, accuracy 0.91` */
function described({ steps, cost, accuracy }: SearchedCascade): string {
  return `${steps.map(({ model }) => model).join(', ')}: ${figure(cost)} ms an image, accuracy ${figure(accuracy)}`;
}
