import { queuePositions, readLabels } from '../ledger/history.ts';
import { listResults } from '../ledger/results.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import type { Datasource } from './datasource.ts';
import type { Statement } from './statement.ts';
import { statementResource } from './statement-view.ts';

/** What of a datasource its statements' resources say. */
export type Described = Pick<Datasource, 'name' | 'pool' | 'schema' | 'links'>;

/** A statement with what the system schema says of it. */
export async function resourceOf(datasource: Described, status: StatementStatus): Promise<Statement> {
  const [resource] = await resourcesOf(datasource, [status]);
  return resource!;
}

export async function resourcesOf(
  datasource: Described,
  statuses: readonly StatementStatus[],
): Promise<readonly Statement[]> {
  const { pool, schema, name, links } = datasource;
  const ids = statuses.map(({ id }) => id);
  const labels = await readLabels(pool, schema, ids);
  const results = await listResults(pool, schema, ids);
  const queued = statuses.filter(({ state }) => state === 'queued').map(({ id }) => id);
  const positions = await queuePositions(pool, schema, queued);
  return statuses.map((status) =>
    statementResource(status, {
      datasource: name,
      labels: labels.get(status.id) ?? {},
      results: results.get(status.id) ?? [],
      links,
      queuePosition: positions.get(status.id) ?? null,
    }),
  );
}
