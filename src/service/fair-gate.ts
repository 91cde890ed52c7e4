/** Lets so much work go on at once; who waits is let in by turns of their users, so that one with many holds nobody up. */
export interface FairGate {
  run<T>(user: string, work: () => Promise<T>): Promise<T>;
}

export function openFairGate(atOnce: number): FairGate {
  /** In the order of their turns. */
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
        // What waits for the loop meanwhile comes first.
        setImmediate(next);
      }
    },
  };
}
