import { version } from '../../version.ts';
import type { App } from '../context.ts';

const links = {
  documentation: '/docs',
  openapi: '/openapi.json',
  errors: '/docs/errors',
  statements: '/v1/statements',
};

/** `GET /`: links to the other pages. */
export function homeRoute(app: App): void {
  app.get('/', { schema: { hide: true } }, async ({ headers }, reply) => {
    if (headers.accept?.includes('text/html')) return reply.type('text/html; charset=utf-8').send(page());
    return { name: 'millrace', version, links };
  });
}

function page(): string {
  const items = Object.entries(links).map(([name, path]) => `<li><a href="${path}">${name}</a></li>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Millrace</title><meta name="viewport" content="width=device-width"></head>
<body><h1>Millrace ${version}</h1><p>SQL in, GPU workflows out, rows back.</p>
<ul>
${items.join('\n')}
</ul></body></html>
`;
}
