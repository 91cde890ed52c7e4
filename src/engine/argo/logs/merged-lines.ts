/** The values of several sources, in the order in which they arrive. Each source waits until its last value has been taken. */
export interface Merged<T> {
  add(source: AsyncIterable<T>): void;
  /** Ends the values once all sources have ended. */
  end(): void;
  /** @throws the first error of a source */
  readonly values: AsyncIterable<T>;
}

interface Given<T> {
  readonly value: T;
  readonly taken: () => void;
}

export function mergeLines<T>(): Merged<T> {
  const given: Given<T>[] = [];
  let failure: { readonly error: unknown } | null = null;
  let sources = 1;
  let wake = () => {};

  async function pump(source: AsyncIterable<T>): Promise<void> {
    for await (const value of source) {
      await new Promise<void>((taken) => {
        given.push({ value, taken });
        wake();
      });
    }
  }

  function end(): void {
    sources--;
    wake();
  }

  async function* values(): AsyncGenerator<T> {
    for (;;) {
      for (let next = given.shift(); next !== undefined; next = given.shift()) {
        next.taken();
        yield next.value;
      }
      if (failure !== null) throw failure.error;
      if (sources === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    add(source) {
      sources++;
      const fail = (error: unknown) => {
        failure ??= { error };
      };
      void pump(source).catch(fail).finally(end);
    },
    end,
    values: values(),
  };
}
