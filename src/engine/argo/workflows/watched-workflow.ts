import type { ObjectEvent } from '../kubernetes/list-and-watch.ts';
import type { ObservedWorkflow } from './observed-workflow.ts';

/** The latest known state of one workflow. */
export interface WatchedWorkflow {
  /** undefined: not seen yet; null: it does not exist, or no longer. */
  readonly latest: ObservedWorkflow | null | undefined;
  /** Why changes are currently not seen; null: they are. */
  readonly trouble: unknown;
  /** Resolves at the next change. @throws the error that ended the watch */
  changed(): Promise<void>;
}

/** Watches until the events end. */
export function watchWorkflow(events: AsyncIterable<ObjectEvent<ObservedWorkflow>>): WatchedWorkflow {
  let latest: ObservedWorkflow | null | undefined;
  let trouble: unknown = null;
  let change = Promise.withResolvers<void>();

  async function follow(): Promise<void> {
    for await (const event of events) {
      if (event.type === 'listed') latest = event.objects[0] ?? null;
      if (event.type === 'changed') latest = event.object;
      if (event.type === 'deleted') latest = null;
      trouble = event.type === 'disconnected' ? event.error : null;
      change.resolve();
      change = Promise.withResolvers();
    }
  }

  const end = follow();
  end.catch(() => {});
  return {
    get latest() {
      return latest;
    },
    get trouble() {
      return trouble;
    },
    changed: () => Promise.race([change.promise, end]),
  };
}
