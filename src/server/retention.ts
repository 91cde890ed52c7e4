import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { purge } from '../engine/purge.ts';
import type { DatasourceHandle } from './datasource.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Deletes what is known of statements that ended longer ago, once an hour until the signal is aborted; null: keeps everything. */
export async function keepRetention(
  datasources: readonly DatasourceHandle[],
  days: number | null,
  signal: AbortSignal,
  log: FastifyBaseLogger,
): Promise<void> {
  if (days === null) return;
  while (!signal.aborted) {
    await sleep(hourMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    for (const datasource of datasources) {
      await purgeOne(datasource, days, signal).then(
        (deleted) => deleted > 0 && log.info({ datasource: datasource.name, deleted }, 'old statements deleted'),
        (err) => log.warn({ err, datasource: datasource.name }, 'old statements could not be deleted'),
      );
    }
  }
}

async function purgeOne(datasource: DatasourceHandle, days: number, signal: AbortSignal): Promise<number> {
  const { pool, schema } = datasource.get();
  const olderThan = new Date(Date.now() - days * dayMs).toISOString().replace('T', ' ').slice(0, 19);
  return purge(pool, schema, olderThan, signal);
}
