/** Boxes of many images as columns: about 50 bytes a box, whatever their number. A box's number is its place in the columns. */
export class Boxes {
  #length = 0;
  #image = new Uint32Array(firstCapacity);
  #class = new Uint32Array(firstCapacity);
  #numbers = new Float64Array(firstCapacity * width);

  get length(): number {
    return this.#length;
  }

  /**
   * @param image number of the image in the order of image ids
   * @param classNo number of the class in the order of class ids
   * @param weight score of a detection; area of an object
   * @param isCrowd COCO's `iscrowd`: a region of many objects
   */
  add(
    image: number,
    classNo: number,
    [x, y, w, h]: readonly [x: number, y: number, width: number, height: number],
    weight: number,
    isCrowd = false,
  ): void {
    if (this.#length === this.#image.length) this.#grow();
    const at = this.#length++;
    this.#image[at] = image;
    this.#class[at] = classNo;
    this.#numbers.set([x, y, w, h, weight, isCrowd ? 1 : 0], at * width);
  }

  imageOf(at: number): number {
    return this.#image[at]!;
  }

  classOf(at: number): number {
    return this.#class[at]!;
  }

  weightOf(at: number): number {
    return this.#numbers[at * width + 4]!;
  }

  isCrowd(at: number): boolean {
    return this.#numbers[at * width + 5] === 1;
  }

  /** Width times height. */
  sizeOf(at: number): number {
    return this.#numbers[at * width + 2]! * this.#numbers[at * width + 3]!;
  }

  /**
   * Intersection over union of box `at` with an object; with a crowd, intersection over the area of box `at`. The order of the operations
   * is that of `bbIou`: https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c
   */
  overlap(at: number, objects: Boxes, object: number): number {
    const [a, b] = [this.#numbers, objects.#numbers];
    const [d, g] = [at * width, object * width];
    const across = Math.min(a[d + 2]! + a[d]!, b[g + 2]! + b[g]!) - Math.max(a[d]!, b[g]!);
    if (across <= 0) return 0;
    const down = Math.min(a[d + 3]! + a[d + 1]!, b[g + 3]! + b[g + 1]!) - Math.max(a[d + 1]!, b[g + 1]!);
    if (down <= 0) return 0;
    const shared = across * down;
    const own = a[d + 2]! * a[d + 3]!;
    return shared / (b[g + 5] === 1 ? own : own + b[g + 2]! * b[g + 3]! - shared);
  }

  /** Gives images their final numbers, once all are known. @param numbers new numbers by the old ones */
  renumberImages(numbers: Uint32Array): void {
    for (let at = 0; at < this.#length; at++) this.#image[at] = numbers[this.#image[at]!]!;
  }

  /** Numbers of the boxes of each class, in the order in which they were added. */
  byClass(classes: number): readonly Uint32Array[] {
    return grouped(this.#class.subarray(0, this.#length), classes);
  }

  #grow(): void {
    const capacity = this.#image.length * 2;
    this.#image = enlarged(this.#image, new Uint32Array(capacity));
    this.#class = enlarged(this.#class, new Uint32Array(capacity));
    this.#numbers = enlarged(this.#numbers, new Float64Array(capacity * width));
  }
}

/** Numbers of a box: x, y, width, height, weight, crowd. */
const width = 6;

const firstCapacity = 1024;

function enlarged<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function grouped(keys: Uint32Array, groups: number): readonly Uint32Array[] {
  const counts = new Uint32Array(groups);
  for (const key of keys) counts[key]!++;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let at = 0; at < keys.length; at++) members[keys[at]!]![counts[keys[at]!]!++] = at;
  return members;
}
