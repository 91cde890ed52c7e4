/** Accuracy of a classifier in 0..1; null: there is nothing to divide by. */
export interface ClassificationAccuracy {
  readonly images: number;
  /** Share of the images whose best class is right. */
  readonly top1: number | null;
  /** Share of the images of which one of the best five classes is right. */
  readonly top5: number | null;
  /** A class each, in the order of their numbers. */
  readonly classes: readonly ClassificationOfClass[];
}

export interface ClassificationOfClass {
  readonly classNo: number;
  /** Images of the class. */
  readonly images: number;
  /** Images of the class that are classified so, and images whose class or classification is this one but not both. */
  readonly right: number;
  readonly wrong: number;
  /** Share of the images classified so that are of the class. */
  readonly precision: number | null;
  /** Share of the images of the class that are classified so. */
  readonly recall: number | null;
}

/** Counts classified images one by one; memory grows with the number of classes only. */
export class Classifications {
  #images = 0;
  #top1 = 0;
  #top5 = 0;
  readonly #labelled: Float64Array;
  readonly #given: Float64Array;
  readonly #right: Float64Array;

  constructor(classes: number) {
    [this.#labelled, this.#given, this.#right] = [
      new Float64Array(classes),
      new Float64Array(classes),
      new Float64Array(classes),
    ];
  }

  /** @param best numbers of the classes that an image is given, best first; an empty list is wrong */
  add(label: number, best: readonly number[]): void {
    this.#images++;
    this.#labelled[label]!++;
    const [first] = best;
    if (first !== undefined) this.#given[first]!++;
    if (first === label) {
      this.#top1++;
      this.#right[label]!++;
    }
    if (best.slice(0, 5).includes(label)) this.#top5++;
  }

  measure(): ClassificationAccuracy {
    return {
      images: this.#images,
      top1: share(this.#top1, this.#images),
      top5: share(this.#top5, this.#images),
      classes: Array.from(this.#right, (right, classNo) => this.#ofClass(classNo, right)),
    };
  }

  #ofClass(classNo: number, right: number): ClassificationOfClass {
    const [images, given] = [this.#labelled[classNo]!, this.#given[classNo]!];
    const [precision, recall] = [share(right, given), share(right, images)];
    return { classNo, images, right, wrong: images + given - 2 * right, precision, recall };
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
