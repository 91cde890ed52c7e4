/** A model that may answer: what it costs and how often it is right. */
export interface CandidateModel {
  readonly name: string;
  /** Milliseconds per picture. */
  readonly cost: number;
  /** For each class that it knows, the share of pictures for which its answer is right. */
  readonly accuracies: ReadonlyMap<string, number>;
  /** Whether it says how many objects there are, and not only whether there is one. */
  readonly counts: boolean;
}

/** A model that answers all classes of a set. */
export interface Cover {
  readonly model: CandidateModel;
  readonly cost: number;
  /** The product of its accuracies over the set. */
  readonly accuracy: number;
}

/** For each set of classes, as bits, the models that cover it and are not both dearer and less accurate than another, cheapest first. */
export function listCovers(
  classes: readonly { readonly name: string; readonly counted: boolean }[],
  models: readonly CandidateModel[],
): readonly (readonly Cover[])[] {
  const inOrder = models.toSorted((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1));
  const covers: Cover[][] = Array.from({ length: 1 << classes.length }, () => []);
  for (const model of inOrder) {
    const accuracies = classes.map((asked) => accuracyFor(model, asked));
    addCovers(covers, model, accuracies);
  }
  return covers;
}

/** The accuracy of a model for a class; undefined if it cannot answer. */
export function accuracyFor(
  { accuracies, counts }: CandidateModel,
  { name, counted }: { readonly name: string; readonly counted: boolean },
): number | undefined {
  return counted && !counts ? undefined : accuracies.get(name);
}

function addCovers(covers: Cover[][], model: CandidateModel, accuracies: readonly (number | undefined)[]): void {
  const products = new Float64Array(covers.length).fill(-1);
  products[0] = 1;
  for (let set = 1; set < covers.length; set++) {
    const highest = 31 - Math.clz32(set);
    const own = accuracies[highest];
    const rest = products[set ^ (1 << highest)]!;
    if (own === undefined || rest < 0) continue;
    const accuracy = rest * own;
    products[set] = accuracy;
    const best = covers[set]!.at(-1);
    if (best !== undefined && accuracy <= best.accuracy) continue;
    if (best?.cost === model.cost) covers[set]!.pop();
    covers[set]!.push({ model, cost: model.cost, accuracy });
  }
}
