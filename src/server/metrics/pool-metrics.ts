import type { Pool } from 'mysql2/promise';
import { Gauge, type Registry } from 'prom-client';

interface PooledDatasource {
  readonly name: string;
  readonly pool: Pool;
}

/** mysql2 tells none of this in its interface: lib/base/pool.js. */
interface PoolQueues {
  readonly config: { readonly connectionLimit: number };
  readonly _allConnections: { readonly length: number };
  readonly _freeConnections: { readonly length: number };
  readonly _connectionQueue: { readonly length: number };
}

/** Read when they are asked for. */
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
  gauge('millrace_database_connections_open', 'Connections of the pool', (pool) => pool._allConnections.length);
  gauge('millrace_database_connections_idle', 'Of these, not in use', (pool) => pool._freeConnections.length);
  gauge('millrace_database_connections_limit', 'The most there may be', (pool) => pool.config.connectionLimit);
  gauge('millrace_database_requests_waiting', 'Waiting for a connection', (pool) => pool._connectionQueue.length);
}
