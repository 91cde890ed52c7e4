import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openArgoEngine } from '../../../src/engine/argo/argo-engine.ts';
import type { KubernetesApi } from '../../../src/engine/argo/kubernetes/kubernetes-api.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import { mariadb, useDatabase } from '../../database.ts';
import { deployment } from '../../workflow/deployment.ts';
import { json, refuse, standInForApiServer } from './api-server-stand-in.ts';

const ended = 10_000;
/** The API server's `managedFields` of a workflow with 50 partitions. */
const managedFields = 'x'.repeat(53_000);

describe('the engine on Argo beside 10,000 workflows that have ended, with a stand-in for the API server', () => {
  const database = useDatabase(mariadb);
  let api: KubernetesApi;
  let requests = 0;
  let bytes = 0;

  /** Selects by label as the API server does: only a request for all workflows gets all. */
  beforeAll(async () => {
    await migrate(database.pool, database.systemSchema);
    const stand = await standInForApiServer((response, { path, query }) => {
      requests++;
      const answer = (object: object) => {
        bytes += JSON.stringify(object).length;
        json(response, object);
      };
      if (!path.endsWith('/workflows')) return refuse(response, 404, 'NotFound', 'workflows.argoproj.io "x" not found');
      if (query.get('watch') === 'true') return void response.writeHead(200).flushHeaders();
      const selector = query.get('labelSelector') ?? '';
      const metadata = { resourceVersion: '1' };
      const one = /millrace\/statement=/.test(selector) || selector.includes('completed!=true');
      if (one) return answer({ metadata, items: null, rows: null });
      const limit = Number(query.get('limit') ?? ended);
      const from = Number(query.get('continue') ?? 0);
      const items = Array.from({ length: Math.min(limit, ended - from) }, (_, index) => ({
        metadata: { name: `millrace-${from + index}-1`, creationTimestamp: '', managedFields },
      }));
      const next = from + items.length;
      answer({ metadata: { ...metadata, ...(next < ended ? { continue: String(next) } : {}) }, items });
    });
    api = stand.api;
  });

  it('requests none of them to list statements, to look for unknown ids or to record ends', async () => {
    const { pool, systemSchema: schema } = database;
    const engine = openArgoEngine({ api, pool, deployment: { ...deployment, schema } });
    await Promise.all(Array.from({ length: 5 }, () => engine.list()));
    const unknown = Array.from({ length: 10 }, () => engine.status(randomUUIDv7()).catch(({ code }) => code));
    expect(new Set(await Promise.all(unknown))).toEqual(new Set(['UNKNOWN_STATEMENT']));
    const over = new AbortController();
    const keeping = engine.keepRecords(over.signal, (error) => expect.unreachable(String(error)));
    await expect.poll(() => requests).toBeGreaterThanOrEqual(17);
    over.abort();
    await keeping;
    await engine.close();
    expect(requests).toBeLessThan(30);
    expect(bytes).toBeLessThan(100_000);
  });
});
