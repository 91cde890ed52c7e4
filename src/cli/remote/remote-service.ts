import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../errors.ts';
import type { Explanation } from '../../service/explain.ts';
import type { Model } from '../../service/models.ts';
import type { ProfileView } from '../../service/profile-view.ts';
import type { ListFilter, Service } from '../../service/service.ts';
import type { Statement } from '../../service/statement.ts';
import { defaultMode } from '../../sql/lexical-mode.ts';
import type { ExactNumber, Parameters } from '../../sql/parameters.ts';
import { remoteLogs } from './remote-logs.ts';
import { remoteRows } from './remote-rows.ts';
import type { ServerApi } from './server-api.ts';
import { statementEvents } from './statement-events.ts';

/** @param datasource name of the server's datasource; null: its first */
export function openRemoteService(api: ServerApi, datasource: string | null): Service {
  const named = datasource === null ? {} : { datasource };
  const pathOf = (id: string) => `/v1/statements/${encodeURIComponent(id)}`;

  return {
    async submit(sql, { labels = {}, parameters } = {}) {
      const { id } = await api.json<Statement>({
        method: 'POST',
        path: '/v1/statements',
        body: {
          sql,
          wait: 0,
          ...named,
          ...withParameters(parameters),
          ...(Object.keys(labels).length > 0 && { labels }),
        },
        headers: { 'idempotency-key': randomUUID() },
        sql,
      });
      return id;
    },
    status: (id) => api.json({ path: pathOf(id) }),
    events: (id, signal) => statementEvents(api, id, signal),
    logs: (id, filter) => remoteLogs(api, `${pathOf(id)}/logs`, filter),
    cancel: (id) => api.json({ method: 'POST', path: `${pathOf(id)}/cancel` }),
    retry: (id, { repeat }) =>
      api.json({ method: 'POST', path: `${pathOf(id)}/retry`, query: [['repeat', repeat || undefined]], once: true }),
    list: (filter) => listPages(api, datasource, filter),
    rows: (id, options = {}) => remoteRows(api, `${pathOf(id)}/result`, options),
    explain: (sql) => explain(api, { sql, ...named }),
    async models() {
      const { models } = await api.json<{ models: readonly Model[] }>({
        path: '/v1/models',
        query: [['datasource', datasource ?? undefined]],
      });
      return models;
    },
    async trainingPicture(name, version) {
      const { svg } = await api.json<{ svg: string }>({
        path: `/v1/models/${encodeURIComponent(name)}/training`,
        query: [
          ['version', version ?? undefined],
          ['datasource', datasource ?? undefined],
        ],
      });
      return svg;
    },
    async classes() {
      const { classes } = await api.json<{ classes: readonly string[] }>({
        path: '/v1/classes',
        query: [['datasource', datasource ?? undefined]],
      });
      return classes;
    },
    async profiles() {
      const { profiles } = await api.json<{ profiles: readonly ProfileView[] }>({ path: '/v1/profiles' });
      return profiles;
    },
    async storeModel(name, bytes) {
      const { statement } = await api.upload<{ statement: string }>({
        method: 'PUT',
        path: `/v1/models/${encodeURIComponent(name)}`,
        query: [['datasource', datasource ?? undefined]],
        bytes,
      });
      return statement;
    },
    async tables() {
      const { tables } = await api.json<{ tables: readonly string[] }>({
        path: '/v1/tables',
        query: [['datasource', datasource ?? undefined]],
      });
      return tables;
    },
    // The API does not tell the sql_mode of a datasource.
    mode: () => Promise.resolve(defaultMode),
    close: () => Promise.resolve(),
  };
}

/** Keeps the digits of numbers as they were given. */
function withParameters(parameters: Parameters | undefined): { readonly parameters?: unknown } {
  if (parameters === undefined) return {};
  return { parameters: JSON.parse(JSON.stringify(parameters), exact) };
}

function exact(_name: string, value: unknown): unknown {
  const { digits } = Object(value) as Partial<ExactNumber>;
  return typeof digits === 'string' ? (JSON as JsonWithRaw).rawJSON(digits) : value;
}

/** https://tc39.es/proposal-json-parse-with-source/; TypeScript's types lack it. */
type JsonWithRaw = typeof JSON & { rawJSON(text: string): unknown };

/** Maximum page size of the server. */
const pageSize = 200;

async function listPages(
  api: ServerApi,
  datasource: string | null,
  { states = [], labels = {}, submittedBy, limit }: ListFilter,
): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  for (let cursor: string | null | undefined; cursor !== null && statements.length < limit; ) {
    const page: { statements: Statement[]; next: string | null } = await api.json({
      path: '/v1/statements',
      query: [
        ...states.map((state) => ['state', state] as const),
        ...Object.entries(labels).map(([name, value]) => ['label', `${name}:${value}`] as const),
        ['user', submittedBy],
        ['datasource', datasource ?? undefined],
        ['limit', Math.min(limit - statements.length, pageSize)],
        ['cursor', cursor],
      ],
    });
    statements.push(...page.statements);
    cursor = page.next;
  }
  return statements;
}

async function explain(api: ServerApi, body: { readonly sql: string }): Promise<Explanation> {
  const { plan, text, pictures, workflow } = await api.json<
    Omit<Explanation, 'workflow'> & { workflow: string | null }
  >({
    method: 'POST',
    path: '/v1/explain',
    body,
    sql: body.sql,
  });
  return {
    plan,
    text,
    pictures,
    async workflow() {
      if (workflow !== null) return workflow;
      throw new MillraceError('NO_WORKFLOW', "the server's engine runs statements without workflows", {
        hint: 'run explain without --format=workflow to see the plan',
      });
    },
  };
}
