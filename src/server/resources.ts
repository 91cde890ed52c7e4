import { listResults } from '../datasource/results.ts';
import type { StatementStatus } from '../engine/engine.ts';
import { readLabels } from '../engine/history.ts';
import type { Datasource } from './datasource.ts';
import { type LinkTemplates, statementResource } from './resource.ts';
import type { Statement } from './schemas/statement.ts';

/** What of a datasource its statements' resources say. */
export type Described = Pick<Datasource, 'name' | 'pool' | 'schema' | 'engineName' | 'links'>;

/** A statement with what the system schema says of it. */
export async function resourceOf(datasource: Described, status: StatementStatus): Promise<Statement> {
  const [resource] = await resourcesOf(datasource, [status]);
  return resource!;
}

export async function resourcesOf(
  datasource: Described,
  statuses: readonly StatementStatus[],
): Promise<readonly Statement[]> {
  const { pool, schema, name } = datasource;
  const ids = statuses.map(({ id }) => id);
  const labels = await readLabels(pool, schema, ids);
  const results = await listResults(pool, schema, ids);
  const links = linksOn(datasource);
  return statuses.map((status) =>
    statementResource(status, {
      datasource: name,
      labels: labels.get(status.id) ?? {},
      results: results.get(status.id) ?? [],
      links,
    }),
  );
}

/** Without Argo there are no pages of it. */
function linksOn({ engineName, links }: Described): LinkTemplates & { readonly hasWorkflow: boolean } {
  const hasWorkflow = engineName === 'argo';
  return { ...links, argo: hasWorkflow ? links.argo : null, hasWorkflow };
}
