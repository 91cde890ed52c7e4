/** What a plan costs, in milliseconds per picture, and the probability that all its answers are right. */
export interface Worth {
  readonly cost: number;
  readonly accuracy: number;
}

/** Sums and products of the same numbers differ in their last bits if they are formed in another order. */
const tolerance = 1e-12;

export function atMost(a: number, b: number): boolean {
  return a <= b + tolerance * Math.max(Math.abs(a), Math.abs(b), 1);
}

const same = (a: number, b: number) => atMost(a, b) && atMost(b, a);

/** Plans none of which is both dearer and less accurate than another, in ascending order of cost and accuracy. */
export class Front<Plan extends Worth> {
  readonly #plans: Plan[] = [];
  readonly #isPreferred: (plan: Plan, to: Plan) => boolean;

  /** @param isPreferred which of two plans of the same worth stays */
  constructor(isPreferred: (plan: Plan, to: Plan) => boolean) {
    this.#isPreferred = isPreferred;
  }

  get plans(): readonly Plan[] {
    return this.#plans;
  }

  /** The most accurate plan that costs at most so much. */
  within(cost: number): Plan | undefined {
    return this.#plans[this.#countWithin(cost) - 1];
  }

  /** Whether a plan of this worth is no better than one that is here. */
  covers(cost: number, accuracy: number): boolean {
    const best = this.within(cost);
    return best !== undefined && atMost(accuracy, best.accuracy);
  }

  /** @param plan makes it, if its worth may have a place here */
  add(cost: number, accuracy: number, plan: () => Plan): void {
    const end = this.#countWithin(cost);
    const best = this.#plans[end - 1];
    if (best !== undefined && atMost(accuracy, best.accuracy)) {
      if (!same(cost, best.cost) || !same(accuracy, best.accuracy)) return;
      const made = plan();
      if (this.#isPreferred(made, best)) this.#plans[end - 1] = made;
      return;
    }
    const start = best !== undefined && same(best.cost, cost) ? end - 1 : end;
    let beaten = end;
    while (beaten < this.#plans.length && atMost(this.#plans[beaten]!.accuracy, accuracy)) beaten++;
    this.#plans.splice(start, beaten - start, plan());
  }

  #countWithin(cost: number): number {
    let low = 0;
    let high = this.#plans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (atMost(this.#plans[middle]!.cost, cost)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
