import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseLogger } from 'pino';
import { purge } from '../ledger/purge.ts';
import { keepQuota, type ResultQuota } from '../ledger/result-quota.ts';
import { databaseTime } from '../ledger/times.ts';
import type { DatasourceHandle } from './served-datasource.ts';

type Log = Pick<BaseLogger, 'info' | 'warn'>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Deletes the records of statements that ended earlier, once an hour until the signal is aborted. */
export async function keepRetention(
  datasources: readonly DatasourceHandle[],
  days: number,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
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

const quotaMs = 15_000;

/** Enforces the quotas of kept results until the signal is aborted. */
export async function keepQuotas(
  datasources: readonly DatasourceHandle[],
  quota: ResultQuota,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  for (;;) {
    await sleep(quotaMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    for (const { name, get } of datasources) {
      const work = async () => keepQuota(get().pool, get().schema, quota);
      await work().then(
        (evicted) => evicted > 0 && log.info({ datasource: name, evicted }, 'rows of the oldest results deleted'),
        (err) => log.warn({ err, datasource: name }, 'results beyond their quota could not be deleted'),
      );
    }
  }
}

async function purgeOne(datasource: DatasourceHandle, days: number, signal: AbortSignal): Promise<number> {
  const { pool, schema } = datasource.get();
  return purge(pool, schema, databaseTime(new Date(Date.now() - days * dayMs)), signal);
}
