import { atMost } from './front.ts';
import type { Cascade, Choice, Goal } from './problem.ts';

/** The plan of a front that a goal asks for. @param front in ascending order of cost and accuracy */
export function chooseCascade(front: readonly Cascade[], goal: Goal): Choice {
  switch (goal.kind) {
    case 'best':
      return choice(front.at(-1), null);
    case 'maxCost':
      return choice(
        front.findLast(({ cost }) => atMost(cost, goal.cost)),
        front[0],
      );
    case 'minAccuracy':
      return choice(
        front.find(({ accuracy }) => atMost(goal.accuracy, accuracy)),
        front.at(-1),
      );
  }
}

function choice(cascade: Cascade | undefined, nearest: Cascade | undefined | null): Choice {
  return cascade === undefined ? { kind: 'missed', nearest: nearest ?? null } : { kind: 'chosen', cascade };
}
