import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { MillraceError } from '../errors.ts';
import { authenticate } from './authenticate.ts';
import { answerClientError } from './client-error.ts';
import type { App, ServerContext } from './context.ts';
import { documentation, logo } from './documentation.ts';
import { errorsPage } from './errors-page.ts';
import { takeJsonBodies } from './json-body.ts';
import { collectPaths, type MethodsAt } from './known-paths.ts';
import { asMillraceError, problemOf, problemType } from './problem.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { consoleRoutes } from './routes/console.ts';
import { eventsRoute } from './routes/events.ts';
import { explainRoute } from './routes/explain.ts';
import { failuresRoute } from './routes/failures.ts';
import { healthRoutes } from './routes/health.ts';
import { listStatementsRoute } from './routes/list-statements.ts';
import { logsRoute } from './routes/logs.ts';
import { modelFiguresRoutes } from './routes/model-figures.ts';
import { modelRoutes } from './routes/models.ts';
import { partitionTimesRoute } from './routes/partition-times.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { resultRoute } from './routes/result.ts';
import { statementRoutes } from './routes/statement.ts';
import { submitStatementRoute } from './routes/submit-statement.ts';
import { userRoute } from './routes/user.ts';
import { refuseOtherSites } from './same-origin.ts';
import { compileValidator } from './validate.ts';

/** The HTTP API. It does not listen yet. */
export async function buildApp(context: ServerContext, log: FastifyBaseLogger): Promise<App> {
  const { limits, users } = context.config;
  const app: App = fastify({
    loggerInstance: log,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestSeconds * 1000,
    http: { headersTimeout: Math.ceil(limits.requestSeconds * (1000 / 3)), connectionsCheckingInterval: 1000 },
    genReqId: () => randomUUID(),
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  });
  app.setValidatorCompiler(compileValidator);
  // Tests check responses against their schemas. Checking each response would cost time, and drop fields that a schema lacks.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(answerError);
  const methodsAt = collectPaths(app);
  app.decorateRequest('source', null);
  app.decorateRequest('user');
  app.decorateRequest('statement', null);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  if (users.length === 0) app.addHook('onRequest', refuseOtherSites);
  // Before the body is read.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) refusePath(request, reply, methodsAt);
  });
  takeJsonBodies(app);
  // Without a listener Node destroys the connection: https://nodejs.org/api/http.html#responsesettimeoutmsecs-callback
  app.addHook('onSend', async (_request, reply) => void reply.raw.setTimeout(limits.idleStreamSeconds * 1000));
  app.addHook('onResponse', async (request, reply) => logAnswer(request, reply));
  context.metrics.countRequests(app);
  await app.register(helmet, { hsts: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  await app.register(swagger, documentation(users.length > 0));
  await consoleRoutes(app);
  healthRoutes(app, context);
  metricsRoute(app, context);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html').send(errorsPage()),
  );
  await app.register(swaggerUi, { routePrefix: '/docs', logo, theme: { title: 'Millrace' } });
  await app.register(async (api) => statements(api as App, context));
  return app;
}

/** The routes that need a user. */
async function statements(api: App, context: ServerContext): Promise<void> {
  const { users, limits } = context.config;
  api.addHook('onRequest', authenticate(users));
  api.addHook('onRequest', async (request, reply) => {
    const { id } = Object(request.params) as { id?: string };
    if (id !== undefined) request.log = reply.log = request.log.child({ statement: id });
  });
  await api.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: '1 minute',
    hook: 'preParsing',
    keyGenerator: ({ user }) => user.name,
  });
  submitStatementRoute(api, context);
  listStatementsRoute(api, context);
  statementRoutes(api, context);
  eventsRoute(api, context);
  logsRoute(api, context);
  resultRoute(api, context);
  pictureRoutes(api, context);
  failuresRoute(api, context);
  partitionTimesRoute(api, context);
  explainRoute(api, context);
  catalogRoutes(api, context);
  modelRoutes(api, context);
  modelFiguresRoutes(api, context);
  userRoute(api);
}

function metricsRoute(app: App, { metrics }: ServerContext): void {
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

/** Routes that are requested every few seconds. */
const probes = new Set(['/healthz', '/readyz', '/metrics']);

function logAnswer(
  { method, routeOptions, user, log }: FastifyRequest,
  { statusCode, elapsedTime }: FastifyReply,
): void {
  const ms = Math.round(elapsedTime * 10) / 10;
  const level = probes.has(routeOptions.url ?? '') ? 'debug' : 'info';
  log[level]({ method, route: routeOptions.url, status: statusCode, ms, ...(user && { user: user.name }) }, 'answered');
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = asMillraceError(error);
  const problem = problemOf(known, request.source, request.statement);
  if (problem.status >= 500) request.log.error({ err: error, code: known.code }, 'failed');
  else request.log.info({ code: known.code }, known.message);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="millrace"');
  void reply.code(problem.status).type(problemType).send(problem);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6 */
function refusePath({ method, url }: FastifyRequest, reply: FastifyReply, methodsAt: MethodsAt): never {
  const path = url.split('?', 1)[0];
  const methods = methodsAt(url);
  if (methods.length === 0) {
    throw new MillraceError('UNKNOWN_ROUTE', `there is no path ${path}`, { hint: 'see /docs for the paths' });
  }
  reply.header('allow', methods.join(', '));
  throw new MillraceError('METHOD_NOT_ALLOWED', `${path} does not support ${method}`, {
    hint: `use ${methods.filter((each) => each !== 'HEAD').join(' or ')}`,
  });
}
