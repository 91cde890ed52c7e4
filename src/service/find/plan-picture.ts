import type { SearchedStep } from '../../catalog/cascades.ts';
import { figure } from '../../plan/find/figure.ts';
import type { FindPlan } from '../../plan/find/find-plan.ts';
import type { RunStep } from '../../plan/plan.ts';
import { type CascadePicture, drawCascade, type PictureStep } from '../../plot/cascade-picture.ts';
import type { Chart, ChartPoint, Series } from '../../plot/chart.ts';
import { predicateText } from '../../programs/predicate/predicate-text.ts';

/** The plan of a TO FIND as a tree of the models that are asked, above the cost and accuracy of all plans worth having; SVG. */
export function drawFindPlan({ program, find }: RunStep): string | null {
  if (find === undefined || program.name !== 'find') return null;
  const chosen = find.strategies[find.strategy].cascade;
  if (chosen === null) return null;
  const { cost, accuracy, steps } = chosen;
  const picture: CascadePicture = {
    title: `TO FIND ${predicateText(program.settings.cascade.predicate)}`,
    note: `${find.strategy}: ${figure(cost)} ms an image, all answers right with probability ${figure(accuracy)}`,
    steps: steps.map(
      ({ model, cost: price, classes, reach, decided }, at): PictureStep => ({
        title: `${model}, ${figure(price)} ms`,
        line: classes.join(', '),
        reached: `${percent(reach)} of the images${at === 0 ? '' : ' still need it'}`,
        ...leavesOf(decided, steps[at - 1]?.decided ?? nothingDecided),
      }),
    ),
    chart: frontChart(find),
  };
  return drawCascade(picture);
}

type Decided = NonNullable<SearchedStep['decided']>;

const nothingDecided: Decided = { found: 0, rejected: 0 };

/** What a step decides, beyond the steps before it. */
function leavesOf(decided: Decided | null, before: Decided): Pick<PictureStep, 'found' | 'rejected'> {
  const told = (word: string, share: number) => (share < 1e-9 ? null : `${word}: ${percent(share)}`);
  if (decided === null) return { found: null, rejected: null };
  return {
    found: told('found', decided.found - before.found),
    rejected: told('not shown', decided.rejected - before.rejected),
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function frontChart({ strategies, front, goal }: FindPlan): Chart {
  const points = (['baseline', 'basic', 'order'] as const).flatMap((name): Series[] => {
    const { cascade, reachesGoal } = strategies[name];
    if (cascade === null) return [];
    const label = reachesGoal ? name : `${name} (misses the goal)`;
    const point: ChartPoint = { x: cascade.cost, y: cascade.accuracy, label };
    return [{ name, kind: 'points', points: [point] }];
  });
  const line = (front ?? []).map(({ cost, accuracy }) => ({ x: cost, y: accuracy }));
  const wanted = {
    best: 'the highest accuracy is wanted',
    maxCost: goal.kind === 'maxCost' ? `at most ${figure(goal.cost)} ms an image are accepted` : '',
    minAccuracy: goal.kind === 'minAccuracy' ? `an accuracy of at least ${figure(goal.accuracy)} is wanted` : '',
  };
  return {
    title: 'Accuracy and cost of the plans',
    note: `${front === null ? 'there are too many classes to search all plans' : line.length === 1 ? 'one plan is worth having' : `${line.length} plans are worth having`}; ${wanted[goal.kind]}`,
    x: 'cost (ms per image)',
    y: 'accuracy (all answers right)',
    series: [
      ...points,
      ...(line.length === 0 ? [] : [{ name: 'plans worth having', kind: 'steps', points: line } as const]),
    ],
  };
}
