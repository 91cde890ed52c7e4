import type { OnInterrupt } from '../follow.ts';

/** Handles Ctrl-C while a statement runs, also if it is pressed before the statement can be cancelled. */
export interface Interrupts {
  /** @returns whether a statement was running */
  press(): boolean;
  during(work: (onInterrupt: OnInterrupt) => Promise<void>): Promise<void>;
}

export function openInterrupts(): Interrupts {
  let running = false;
  let pressed = false;
  let listener: (() => void) | null = null;

  const onInterrupt: OnInterrupt = (interrupted) => {
    listener = interrupted;
    if (pressed) interrupted();
    return () => {
      listener = null;
    };
  };
  return {
    press() {
      if (running) pressed = true;
      listener?.();
      return running;
    },
    async during(work) {
      running = true;
      pressed = false;
      await work(onInterrupt).finally(() => {
        running = false;
      });
    },
  };
}
