import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, mayPass } from '../../../errors.ts';
import { textLines } from '../logs/text-lines.ts';
import { type ApiStatus, hasStatus, KubernetesError } from './kubernetes-error.ts';

export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
}

/** A list, from which on changes are watched. */
export interface KubernetesList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

export type ObjectEvent<T> =
  /** Everything that is there now; what is not among it has gone. */
  | { readonly type: 'listed'; readonly objects: readonly T[] }
  | { readonly type: 'changed' | 'deleted'; readonly object: T }
  /** Changes are not seen from here on, until `connected`; again for each try that failed. */
  | { readonly type: 'disconnected'; readonly error: unknown }
  | { readonly type: 'connected' };

export interface ListAndWatch<T> {
  readonly list: (signal: AbortSignal) => Promise<KubernetesList<T>>;
  /** The lines of a watch from this version on, with bookmarks, that the server itself ends before `silenceMs`. */
  readonly watch: (resourceVersion: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  readonly signal: AbortSignal;
  /** How long a watch that says nothing is believed to live: a connection that is half open says nothing for ever. */
  readonly silenceMs?: number;
}

/** What the server is asked for, as `timeoutSeconds`; and the silence that it cannot explain. */
export const watchSeconds = 25;
const silentMs = (watchSeconds + 5) * 1000;

/** As client-go's reflector: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/**
 * Objects as they are and as they change, until the signal is aborted. Broken connections, silent ones and failures of the
 * server are tried again, from the last version seen; where the server has forgotten it (410), from a new list.
 *
 * @throws {KubernetesError} what no other try can mend: a missing right, a missing resource
 */
export async function* listAndWatch<T extends KubernetesObject>(
  source: ListAndWatch<T>,
): AsyncGenerator<ObjectEvent<T>> {
  const { list, signal } = source;
  let version: string | null = null;
  let connected = true;
  for (let failures = 0; !signal.aborted; ) {
    const since = performance.now();
    try {
      if (version === null) {
        const { metadata, items } = await list(signal);
        version = metadata.resourceVersion;
        yield { type: 'listed', objects: items };
      }
      const events: AsyncIterable<WatchEvent<T> | 'open'> = watchOnce(version, source);
      for await (const event of events) {
        if (!connected) yield { type: 'connected' };
        connected = true;
        if (event === 'open') continue;
        const { type, object } = event;
        version = object.metadata.resourceVersion ?? version;
        failures = 0;
        if (type !== 'BOOKMARK') yield { type: type === 'DELETED' ? 'deleted' : 'changed', object };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (hasStatus(error, 410)) version = null;
      else if (error instanceof MillraceError && !mayPass(error)) throw error;
      else {
        connected = false;
        yield { type: 'disconnected', error };
      }
    }
    failures = performance.now() - since > longestPauseMs ? 0 : failures + 1;
    await sleep(pauseMs(failures), undefined, { signal }).catch(() => {});
  }
}

const longestPauseMs = 5000;

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
function pauseMs(failures: number): number {
  return Math.random() * Math.min(longestPauseMs, 100 * 2 ** failures);
}

/** `open` once the server has answered, then the events of this connection. Ends when the server ends it. */
async function* watchOnce<T>(
  version: string,
  { watch, signal, silenceMs = silentMs }: ListAndWatch<T>,
): AsyncGenerator<WatchEvent<T> | 'open'> {
  const connection = new AbortController();
  const silence = setTimeout(() => connection.abort(new Error('the watch fell silent')), silenceMs);
  try {
    const either = AbortSignal.any([signal, connection.signal]);
    const chunks = await watch(version, either);
    yield 'open';
    for await (const line of textLines(heard(chunks, () => silence.refresh()))) yield parseEvent(line);
  } catch (error) {
    throw connection.signal.aborted ? connection.signal.reason : error;
  } finally {
    clearTimeout(silence);
    connection.abort();
  }
}

/** Calls back for every piece that comes. */
async function* heard<T>(chunks: AsyncIterable<T>, onChunk: () => void): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}

function parseEvent<T>(line: string): WatchEvent<T> {
  const event: WatchEvent<T> = JSON.parse(line);
  if (event.type !== 'ERROR') return event;
  const { code = 500, message = 'the watch failed' }: ApiStatus = event.object as ApiStatus;
  throw new KubernetesError(code, 'KUBERNETES_UNREACHABLE', `the Kubernetes API ended a watch: ${message}`);
}
