import type { Pool } from 'mysql2/promise';
import { Gauge, type Registry } from 'prom-client';

interface PooledDatasource {
  readonly name: string;
  readonly pool: Pool;
}

/** Fields of lib/base/pool.js that mysql2's interface does not expose. */
interface PoolQueues {
  readonly config: { readonly connectionLimit: number };
  readonly _allConnections: { readonly length: number };
  readonly _freeConnections: { readonly length: number };
  readonly _connectionQueue: { readonly length: number };
}

/** The values are read at each scrape. */
export function openPoolMetrics(registry: Registry, datasources: readonly PooledDatasource[]): void {
  const gauge = (name: string, help: string, value: (pool: PoolQueues) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['datasource'] as const,
      registers: [registry],
      collect() {
        for (const { name: datasource, pool } of datasources)
          this.set({ datasource }, value(pool.pool as unknown as PoolQueues));
      },
    });
  gauge('millrace_database_connections_open', 'Open connections of the pool', (pool) => pool._allConnections.length);
  gauge(
    'millrace_database_connections_idle',
    'Open connections that are not in use',
    (pool) => pool._freeConnections.length,
  );
  gauge(
    'millrace_database_connections_limit',
    'Maximum number of connections of the pool',
    (pool) => pool.config.connectionLimit,
  );
  gauge(
    'millrace_database_requests_waiting',
    'Requests that wait for a connection of the pool',
    (pool) => pool._connectionQueue.length,
  );
}
