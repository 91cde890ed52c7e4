import fastify from 'fastify';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';

// The least that an answer costs: a route of Fastify that says a word, and one that asks the database before.

const pool = openPool(parseDsn(process.env.BENCH_DSN ?? ''), { connections: 16 });
const app = fastify();
app.get('/word', async () => ({ status: 'ok' }));
app.post('/query', async () => {
  const [rows] = await pool.query('SELECT 1 AS one');
  return { rows };
});
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
