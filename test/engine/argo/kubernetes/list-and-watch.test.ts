import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { KubernetesApi } from '../../../../src/engine/argo/kubernetes/kubernetes-api.ts';
import {
  type KubernetesList,
  listAndWatch,
  type ObjectEvent,
} from '../../../../src/engine/argo/kubernetes/list-and-watch.ts';
import { type Answer, json, refuse, standInForApiServer } from '../api-server-stand-in.ts';

interface Thing {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

const path = '/api/v1/things';
const thing = (name: string, version: number): Thing => ({ metadata: { name, resourceVersion: String(version) } });
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: number) => event('BOOKMARK', { metadata: { resourceVersion: String(version) } });

/** Answers lists with the objects, and watches with the given answers in turn; further watches stay open and silent. */
function server(lists: readonly (readonly Thing[] | Answer)[], watches: readonly Answer[]) {
  let listed = 0;
  let watched = 0;
  return standInForApiServer((response, request) => {
    if (request.query.get('watch') === 'true') return (watches[watched++] ?? silent)(response, request);
    const list = lists[Math.min(listed++, lists.length - 1)]!;
    if (typeof list === 'function') return list(response, request);
    json(response, { metadata: { resourceVersion: String(listed * 100) }, items: list });
  });
}

const silent: Answer = (response) => void response.writeHead(200).flushHeaders();
const says =
  (...pieces: readonly (string | Uint8Array)[]): Answer =>
  async (response) => {
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
    response.end();
  };
const breaksAfter =
  (text: string): Answer =>
  (response) =>
    response.write(text, () => setImmediate(() => response.destroy()));

function follow(api: KubernetesApi, signal: AbortSignal, silenceMs?: number) {
  return listAndWatch<Thing>({
    signal,
    silenceMs,
    list: (signal) => api.json<KubernetesList<Thing>>({ path, signal }),
    watch: (resourceVersion, signal) => api.stream({ path, query: { watch: 'true', resourceVersion }, signal }),
  });
}

/** The events up to an object of this name, as text. */
async function until(name: string, api: KubernetesApi, silenceMs?: number): Promise<string[]> {
  const over = new AbortController();
  const words: string[] = [];
  for await (const event of follow(api, over.signal, silenceMs)) {
    words.push(wordsOf(event));
    if (words.at(-1)?.includes(name)) break;
  }
  over.abort();
  return words;
}

function wordsOf(event: ObjectEvent<Thing>): string {
  if (event.type === 'listed') return `listed ${event.objects.map(({ metadata }) => metadata.name).join(' ')}`.trim();
  return 'object' in event ? `${event.type} ${event.object.metadata.name}` : event.type;
}

const versions = (seen: readonly { query: URLSearchParams }[]) => seen.map(({ query }) => query.get('resourceVersion'));

describe('listing and watching', () => {
  it('yields all existing objects, then each change', async () => {
    const changes = [
      event('ADDED', thing('b', 101)),
      event('MODIFIED', thing('a', 102)),
      event('DELETED', thing('b', 103)),
    ];
    const { api, seen } = await server([[thing('a', 1)]], [says(...changes, event('ADDED', thing('last', 104)))]);
    expect(await until('last', api)).toEqual(['listed a', 'changed b', 'changed a', 'deleted b', 'changed last']);
    expect(versions(seen)).toEqual([null, '100']);
  });

  it('continues from the last bookmark when the server ends the watch', async () => {
    const { api, seen } = await server([[]], [says(bookmark(170)), says(event('ADDED', thing('last', 171)))]);
    expect(await until('last', api)).toEqual(['listed', 'changed last']);
    expect(versions(seen)).toEqual([null, '100', '170']);
  });

  it('continues from the last event when the connection breaks', async () => {
    const { api, seen } = await server(
      [[]],
      [breaksAfter(event('ADDED', thing('a', 150))), says(event('ADDED', thing('last', 171)))],
    );
    expect(await until('last', api)).toEqual(['listed', 'changed a', 'disconnected', 'connected', 'changed last']);
    expect(versions(seen)).toEqual([null, '100', '150']);
  });

  it.each([
    [
      'as the answer',
      (response: Parameters<Answer>[0]) => refuse(response, 410, 'Expired', 'too old resource version'),
    ],
    ['as an event', says(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }))],
  ])('lists again when the server has forgotten the version, reported %s', async (_, gone: Answer) => {
    const { api, seen } = await server(
      [[thing('a', 1)], [thing('b', 2)]],
      [gone, says(event('ADDED', thing('last', 201)))],
    );
    expect(await until('last', api)).toEqual(['listed a', 'listed b', 'changed last']);
    expect(versions(seen)).toEqual([null, '100', null, '200']);
  });

  it('abandons a half-open connection', async () => {
    const halfOpen: Answer = (response) => response.write(event('ADDED', thing('a', 150)));
    const { api, seen } = await server([[]], [halfOpen, says(event('ADDED', thing('last', 171)))]);
    const words = await until('last', api, 200);
    expect(words).toEqual(['listed', 'changed a', 'disconnected', 'connected', 'changed last']);
    expect(versions(seen)).toEqual([null, '100', '150']);
  });

  it('abandons a server that accepts the connection but never answers', async () => {
    const { api } = await server([[]], [() => {}, says(event('ADDED', thing('last', 171)))]);
    expect(await until('last', api, 200)).toEqual(['listed', 'disconnected', 'connected', 'changed last']);
  });

  it('recovers from broken JSON', async () => {
    const { api, seen } = await server(
      [[]],
      [says(event('ADDED', thing('a', 150)), '{"type":"ADDED","obj'), says(event('ADDED', thing('last', 171)))],
    );
    expect(await until('last', api)).toEqual(['listed', 'changed a', 'disconnected', 'connected', 'changed last']);
    expect(versions(seen)).toEqual([null, '100', '150']);
  });

  it('joins events that arrive in pieces, even if a character is split', async () => {
    const bytes = Buffer.from(event('ADDED', thing('großer-last', 150)));
    const middle = bytes.indexOf('ß') + 1;
    const { api } = await server([[]], [says(bytes.subarray(0, middle), bytes.subarray(middle))]);
    expect(await until('last', api)).toEqual(['listed', 'changed großer-last']);
  });

  it('waits while the server fails, and reports each attempt', async () => {
    const failing: Answer = (response) => refuse(response, 503, 'ServiceUnavailable', 'etcd is not there');
    const { api } = await server([[]], [failing, failing, says(event('ADDED', thing('last', 171)))]);
    expect(await until('last', api)).toEqual(['listed', 'disconnected', 'disconnected', 'connected', 'changed last']);
  });

  it('ends with an error that a retry cannot fix', async () => {
    const message = 'things is forbidden: User "ada" cannot watch resource "things" in API group ""';
    const { api } = await server([[]], [(response) => refuse(response, 403, 'Forbidden', message)]);
    await expect(until('last', api)).rejects.toMatchObject({
      code: 'KUBERNETES_REFUSED',
      message: 'ada may not watch things',
    });
  });

  it('ends and closes the connection when it is aborted', async () => {
    let closed: Promise<unknown> = sleep(0);
    const open: Answer = (response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      silent(response, undefined!);
    };
    const { api } = await server([[thing('a', 1)]], [open]);
    const over = new AbortController();
    const words: string[] = [];
    for await (const event of follow(api, over.signal)) {
      words.push(wordsOf(event));
      setTimeout(() => over.abort(), 50);
    }
    await closed;
    expect(words).toEqual(['listed a']);
  });
});
