import type { LabelClass } from './classes.ts';

/**
 * Classes of results by name, numbered as they come. A label may also be the id of a class of the results. Classes with the same name
 * (ImageNet has two cranes) are one: a label that is a name means either.
 */
export class NumberedClasses {
  readonly list: LabelClass[] = [];
  readonly #byName = new Map<string, number>();
  readonly #byId = new Map<string, number>();

  ofResult(name: string, id: number | null): number {
    const number = this.#byName.get(name) ?? this.#add(name, id);
    if (id !== null) this.#byId.set(String(id), number);
    return number;
  }

  /** @param label a name or an id */
  numberOf(label: string): number {
    return this.#byName.get(label) ?? this.#byId.get(label) ?? this.#add(label, null);
  }

  #add(name: string, id: number | null): number {
    const number = this.list.length;
    this.list.push({ id, name });
    this.#byName.set(name, number);
    return number;
  }
}
