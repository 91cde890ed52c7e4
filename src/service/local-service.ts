import type { KeptSession } from '../datasource/kept-session.ts';
import { listTables } from '../datasource/list-tables.ts';
import { MillraceError } from '../errors.ts';
import type { Rows } from '../formats/format.ts';
import type { StatementFilter, StatementStatus } from '../ledger/statement-status.ts';
import type { Plan } from '../plan/plan.ts';
import { isStandard } from '../plan/step-facts.ts';
import { lexicalMode } from '../sql/lexical-mode.ts';
import { bindParameters } from '../sql/parameters.ts';
import type { Program } from '../sql/statement.ts';
import { systemSchemasOf } from './access/system-schema.ts';
import { explain } from './explain.ts';
import { first } from './first-rows.ts';
import { plotTraining } from './models/training-picture.ts';
import { viewProfile } from './profile-view.ts';
import { checkRepeat } from './repeat.ts';
import { resultOf, resultRows } from './results.ts';
import type { ListFilter, RowOptions, Service } from './service.ts';
import type { Session } from './session.ts';
import { viewStatement, viewStatements } from './statement-view.ts';
import { storeModel } from './upload-model.ts';
import { withoutServer } from './without-server.ts';

/**
 * The service on this machine's own datasource. Closing it closes the session.
 * @param kept the session that runs the standard statements of all programs
 */
export function openLocalService(session: Session, kept?: KeptSession): Service {
  const { engine, pools, schema, tables } = session;
  const view = (status: StatementStatus) => viewStatement(session, status);

  return {
    async submit(sql, { labels = {}, parameters, onBound, tap } = {}) {
      if (Object.keys(labels).length > 0) throw withoutServer('labels are stored only by a server');
      const mode = kept === undefined ? await session.mode() : lexicalMode(await kept.begin());
      const text = parameters === undefined ? sql : bindParameters(sql, parameters, mode);
      onBound?.(text);
      const program = await session.parse(text, mode);
      const plan = await session.plan(program, session.actor);
      if (kept !== undefined) checkUse(plan, kept);
      const submission = session.submission(program, plan);
      await engine.submit(submission, { kept, tap: isStandard(plan) ? tap : undefined });
      kept?.ended(changesMode(program));
      return submission.id;
    },
    status: async (id) => view(await engine.status(id)),
    async *events(id, signal) {
      for await (const status of engine.events(id, signal)) yield view(status);
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
    list: async (filter) => viewStatements(session, await engine.list(filterOf(filter))),
    async rows(id, { step, limit, signal = new AbortController().signal }: RowOptions = {}): Promise<Rows> {
      const status = await engine.status(id);
      const { results } = await view(status);
      const result = await resultRows({ streams: pools, schema }, resultOf(status, results, step), signal);
      return { ...result, batches: first(result.batches, limit) };
    },
    async explain(sql) {
      const program = await session.parse(sql);
      return explain(session, session.submission(program, await session.plan(program, session.actor)));
    },
    models: session.models,
    trainingPicture: (name, version) => plotTraining(session.pool, schema, name, version),
    classes: session.classes,
    profiles: async () => session.profiles.map(viewProfile),
    async storeModel(name, bytes) {
      return this.submit(await storeModel(session, name, bytes));
    },
    async mode() {
      const ofSession = (await kept?.mode()) ?? null;
      return ofSession === null ? session.mode() : lexicalMode(ofSession);
    },
    tables: () => listTables(tables, systemSchemasOf([session])),
    async close() {
      await session.close();
      await kept?.close();
    },
  };
}

/** Whether the program may change the sql_mode of its session. */
function changesMode({ statements }: Program): boolean {
  return statements.some((statement) => statement.kind === 'standard' && statement.facts.session.changesMode);
}

/** Workers have their own sessions: after USE, TO RUN would read a table of the same name in another database. */
function checkUse(plan: Plan, kept: KeptSession): void {
  const used = kept.usedDatabase();
  if (used === null || isStandard(plan)) return;
  throw new MillraceError('SESSION_NOT_SHARED', `USE ${used} has no effect on TO RUN, which uses its own sessions`, {
    hint: 'return to the database of the datasource with USE, and write database.table',
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
