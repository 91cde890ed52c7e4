import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { version } from '../../version.ts';
import type { App } from '../context.ts';

const links = {
  documentation: '/docs',
  openapi: '/openapi.json',
  errors: '/docs/errors',
  statements: '/v1/statements',
};

/** Written by `npm run build:console`. */
const folder = fileURLToPath(new URL('../../../console/dist/', import.meta.url));

/** The paths of `console/src/app/routes.ts`. */
const pages = ['/sql', '/statements', '/statements/:id', '/statements/:id/pictures', '/models', '/models/:name'];

/** Everything comes from this server; `blob:` is for pictures, which are requested with a token. https://www.w3.org/TR/CSP3/ */
const policy = [
  "default-src 'self'",
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The console for browsers at `/`; programs that ask for `/` get links. */
export async function consoleRoutes(app: App): Promise<void> {
  const isBuilt = existsSync(`${folder}index.html`);
  if (isBuilt) await serveFiles(app);
  app.get('/', { schema: { hide: true } }, async ({ headers }, reply) => {
    reply.header('vary', 'accept');
    if (!headers.accept?.includes('text/html')) return { name: 'millrace', version, links };
    return isBuilt ? sendPage(reply) : reply.type('text/html; charset=utf-8').send(linksPage());
  });
}

async function serveFiles(app: App): Promise<void> {
  await app.register(fastifyStatic, {
    root: `${folder}assets`,
    prefix: '/assets/',
    wildcard: false,
    // Their names contain their hashes.
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
  });
  for (const page of pages) app.get(page, { schema: { hide: true } }, async (_request, reply) => sendPage(reply));
}

function sendPage(reply: FastifyReply): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .sendFile('index.html', folder, { maxAge: 0, immutable: false });
}

/** Without the console, which a checkout has not built. */
function linksPage(): string {
  const items = Object.entries(links).map(([name, path]) => `<li><a href="${path}">${name}</a></li>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Millrace</title><meta name="viewport" content="width=device-width"></head>
<body><h1>Millrace ${version}</h1><p>SQL in, GPU workflows out, rows back.</p>
<p>The console is not built: run <code>npm run build:console</code>, then restart the server.</p>
<ul>
${items.join('\n')}
</ul></body></html>
`;
}
