import type { FastifyInstance, FastifyReply } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Streams stay open for hours, and a POST may wait for its statement. */
const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 3600];

/** @returns what has an app's requests counted */
export function openRequestMetrics(registry: Registry): (app: FastifyInstance) => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'millrace_http_requests_total',
    help: 'Requests that have ended, by the pattern of their route; status 499: the client left before it had an answer',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'millrace_http_request_duration_seconds',
    help: 'From the first line of a request until its answer was sent or the client had left',
    labelNames: ['method', 'route'] as const,
    buckets,
    registers,
  });
  const open = new Gauge({
    name: 'millrace_http_requests_in_flight',
    help: 'Requests under way, streams among them',
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
