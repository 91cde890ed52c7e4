import { loadCatalog, noQuestions } from '../catalog/load-catalog.ts';
import type { Config } from '../config.ts';
import type { KeptSession } from '../datasource/kept-session.ts';
import { listTables } from '../datasource/list-tables.ts';
import { MillraceError } from '../errors.ts';
import type { Rows } from '../formats/format.ts';
import { readLabels } from '../ledger/history.ts';
import { listResults } from '../ledger/results.ts';
import type { StatementFilter, StatementStatus } from '../ledger/statement-status.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import { lexicalMode } from '../sql/lexical-mode.ts';
import { bindParameters } from '../sql/parameters.ts';
import type { Program } from '../sql/statement.ts';
import { workSchemaOf } from '../task.ts';
import { first } from './first-rows.ts';
import { checkRepeat } from './repeat.ts';
import { resultOf, resultStream } from './results.ts';
import type { ListFilter, RowOptions, Service } from './service.ts';
import type { Session } from './session.ts';
import type { Statement } from './statement.ts';
import { statementResource } from './statement-view.ts';
import { withoutServer } from './without-server.ts';

/**
 * The engine and database of this machine's settings, shown as a server shows its own. Closing it closes the session.
 * @param kept has the standard statements of all programs
 */
export function openLocalService(session: Session, config: Config, kept?: KeptSession): Service {
  const { pools, engine } = session;
  const { system: pool, tables } = pools;
  const { schema } = config;

  async function statementsOf(statuses: readonly StatementStatus[]): Promise<Statement[]> {
    const ids = statuses.map(({ id }) => id);
    const [labels, results] = await Promise.all([readLabels(pool, schema, ids), listResults(pool, schema, ids)]);
    return statuses.map((status) =>
      statementResource(status, {
        datasource: 'local',
        labels: labels.get(status.id) ?? {},
        results: results.get(status.id) ?? [],
        links: { argo: null, grafana: null },
      }),
    );
  }

  async function statementOf(status: StatementStatus): Promise<Statement> {
    const [statement] = await statementsOf([status]);
    return statement!;
  }

  return {
    async submit(sql, { labels = {}, parameters, onBound, tap } = {}) {
      if (Object.keys(labels).length > 0) throw withoutServer('labels are kept by a server');
      const mode = kept === undefined ? await session.mode() : lexicalMode(await kept.begin());
      const text = parameters === undefined ? sql : bindParameters(sql, parameters, mode);
      onBound?.(text);
      const program = await session.parse(text, mode);
      const plan = await session.plan(program);
      if (kept !== undefined) checkUse(plan, kept);
      const isStandard = plan.steps.every(({ kind }) => kind === 'sql');
      const submission = session.submission(program, plan);
      await engine.submit(submission, { kept, tap: isStandard ? tap : undefined });
      kept?.ended(changesMode(program));
      return submission.id;
    },
    status: async (id) => statementOf(await engine.status(id)),
    async *events(id, signal) {
      for await (const status of engine.events(id, signal)) yield statementOf(status);
    },
    async *logs(id, filter) {
      await engine.status(id);
      yield* engine.logs(id, filter);
    },
    cancel: (id) => engine.cancel(id),
    async retry(id, options) {
      checkRepeat(await engine.status(id), options);
      await engine.retry(id);
    },
    list: async (filter) => statementsOf(await engine.list(filterOf(filter))),
    async rows(id, { step, limit, signal = new AbortController().signal }: RowOptions = {}): Promise<Rows> {
      const status = await engine.status(id);
      const { results } = await statementOf(status);
      const result = resultOf(status, results, step);
      const { columns, rows } = await resultStream({ streams: pools, schema }, result, signal);
      const { reference } = result;
      return { step: reference.step, columns: [...columns], rows: first(rows, limit), truncated: reference.truncated };
    },
    async explain(sql) {
      const program = await session.parse(sql);
      const plan = await session.plan(program);
      return {
        plan,
        text: explainPlan(plan),
        async workflow() {
          const { workflowYaml } = await import('../engine/argo/workflows/workflow-yaml.ts');
          return workflowYaml(session.submission(program, plan), process.env, schema);
        },
      };
    },
    models: async () => (await loadCatalog(pools, config, noQuestions)).models,
    tables: () => listTables(tables, [schema, workSchemaOf(schema, true)]),
    async close() {
      await session.close();
      await kept?.close();
    },
  };
}

/** Whether it may leave its session in another sql_mode. */
function changesMode({ statements }: Program): boolean {
  return statements.some((statement) => statement.kind === 'standard' && statement.facts.session.changesMode);
}

/** Workers have sessions of their own: without this, TO RUN would read a table of the same name in another database. */
function checkUse({ steps }: Plan, kept: KeptSession): void {
  const used = kept.usedDatabase();
  if (used === null || steps.every(({ kind }) => kind === 'sql')) return;
  throw new MillraceError('SESSION_NOT_SHARED', `USE ${used} does not reach TO RUN, which has sessions of its own`, {
    hint: 'go back with USE to the database of the datasource, and write database.table',
  });
}

function filterOf({ states = [], labels, submittedBy, limit }: ListFilter): StatementFilter {
  return {
    limit,
    ...(states.length > 0 && { states }),
    ...(labels !== undefined && { labels }),
    ...(submittedBy !== undefined && { submittedBy }),
  };
}
