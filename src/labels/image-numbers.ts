/** Numbers images as they come, and in the end by the order of their keys: whole numbers by value, other keys as texts. */
export class ImageNumbers {
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#numbers.size;
  }

  /** The provisional number; a new image gets the next one. */
  add(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  numberOf(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  /** The final numbers, by the provisional ones. */
  inOrder(): Uint32Array {
    const order = new Uint32Array(this.#numbers.size);
    const keys = [...this.#numbers.keys()];
    keys.sort(keys.every(isWhole) ? byValue : byText);
    for (const [index, key] of keys.entries()) order[this.#numbers.get(key)!] = index;
    return order;
  }
}

function isWhole(key: string): boolean {
  return key.length < 16 && /^\d+$/.test(key);
}

function byValue(a: string, b: string): number {
  return Number(a) - Number(b);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
