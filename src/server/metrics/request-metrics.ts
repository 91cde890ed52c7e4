import type { FastifyInstance, FastifyReply } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Streams stay open for hours, and a POST may wait for its statement. */
const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 3600];

/** @returns a function that counts the requests of an app */
export function openRequestMetrics(registry: Registry): (app: FastifyInstance) => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'millrace_http_requests_total',
    help: 'Requests that have ended, by route pattern; status 499: the client disconnected before the response',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'millrace_http_request_duration_seconds',
    help: 'Time from the first line of a request until its response was sent or the client disconnected',
    labelNames: ['method', 'route'] as const,
    buckets,
    registers,
  });
  const open = new Gauge({
    name: 'millrace_http_requests_in_flight',
    help: 'Requests in progress, including streams',
    labelNames: ['route'] as const,
    registers,
  });
  return (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const { method } = request;
      const route = request.routeOptions.url ?? 'unknown';
      const begun = performance.now();
      open.inc({ route });
      reply.raw.once('close', () => {
        open.dec({ route });
        requests.inc({ method, route, status: statusOf(reply) });
        seconds.observe({ method, route }, (performance.now() - begun) / 1000);
      });
    });
  };
}

function statusOf({ raw }: FastifyReply): number {
  return raw.headersSent ? raw.statusCode : 499;
}
