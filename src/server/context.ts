import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { User } from '../service/access/users.ts';
import type { FairGate } from '../service/fair-gate.ts';
import type { PictureProcesses } from '../service/pictures/picture-processes.ts';
import type { DatasourceHandle } from '../service/served-datasource.ts';
import type { SubmissionRules } from '../service/submit.ts';
import type { ServerConfig } from './config.ts';
import type { Metrics } from './metrics.ts';
import type { Streams } from './routes/open-stream.ts';

/** What the routes use. */
export interface ServerContext {
  readonly config: ServerConfig;
  /** In the order of the configuration; the first is the default of requests. */
  readonly datasources: readonly DatasourceHandle[];
  readonly streams: Streams;
  readonly metrics: Metrics;
  readonly rules: SubmissionRules;
  readonly pictures: {
    readonly processes: PictureProcesses;
    /** Bounds the queries of galleries that run at once. */
    readonly queries: FairGate;
  };
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    user: User;
    /** The SQL that errors of this request point into. */
    source: string | null;
    /** Id of the statement that this request may have submitted: a later error contains it. */
    statement: string | null;
  }
}
