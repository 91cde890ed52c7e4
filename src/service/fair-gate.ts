/** Limits how much work runs at once. Users with waiting work take turns, so that a user with much work does not delay others. */
export interface FairGate {
  run<T>(user: string, work: () => Promise<T>): Promise<T>;
}

export function openFairGate(atOnce: number): FairGate {
  /** Waiting work by user, in the order of the turns. */
  const waiting = new Map<string, (() => void)[]>();
  let free = atOnce;

  function next(): void {
    const [first] = waiting;
    if (first === undefined) {
      free += 1;
      return;
    }
    const [user, own] = first;
    waiting.delete(user);
    const enter = own.shift()!;
    if (own.length > 0) waiting.set(user, own);
    enter();
  }

  async function enter(user: string): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      const own = waiting.get(user) ?? [];
      own.push(resolve);
      waiting.set(user, own);
    });
  }

  return {
    async run(user, work) {
      await enter(user);
      try {
        return await work();
      } finally {
        // Other events of the loop that are waiting go first.
        setImmediate(next);
      }
    },
  };
}
