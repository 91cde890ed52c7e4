import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, mayPass } from '../../../errors.ts';
import { textLines } from '../logs/text-lines.ts';
import { type ApiStatus, hasStatus, KubernetesError } from './kubernetes-error.ts';

export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
}

/** A list of objects. Its version is where a watch starts. */
export interface KubernetesList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

export type ObjectEvent<T> =
  /** All objects that exist now. Objects that are not listed no longer exist. */
  | { readonly type: 'listed'; readonly objects: readonly T[] }
  | { readonly type: 'changed' | 'deleted'; readonly object: T }
  /** Changes are not seen until `connected`. Repeated for each failed attempt. */
  | { readonly type: 'disconnected'; readonly error: unknown }
  | { readonly type: 'connected' };

export interface ListAndWatch<T> {
  readonly list: (signal: AbortSignal) => Promise<KubernetesList<T>>;
  /** The lines of a watch from this version on, with bookmarks. The server itself ends it before `silenceMs`. */
  readonly watch: (resourceVersion: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  readonly signal: AbortSignal;
  /** Time after which a silent watch is considered dead. A half-open connection is silent forever. */
  readonly silenceMs?: number;
}

/** Duration of a watch, sent to the server as `timeoutSeconds`. Longer silence means a broken connection. */
export const watchSeconds = 25;
const silentMs = (watchSeconds + 5) * 1000;

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/**
 * Lists objects and reports their changes, until the signal is aborted. Works like client-go's reflector: after a broken or silent
 * connection or a server error, it continues from the last version seen, or from a new list if the server has forgotten it (410).
 *
 * @throws {KubernetesError} an error that a retry cannot fix: a missing right, a missing resource
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

/** Yields `open` once the server has answered, then the events of this connection. Ends when the server closes it. */
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

/** Calls `onChunk` for every chunk received. */
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
  throw new KubernetesError(code, 'KUBERNETES_UNREACHABLE', `the Kubernetes API closed a watch: ${message}`);
}
