import fastify from 'fastify';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';

// The baseline for answers: a Fastify route that returns a constant, and one that queries the database first.

const pool = openPool(parseDsn(process.env.BENCH_DSN ?? ''), { connections: 16 });
const app = fastify();
app.get('/word', async () => ({ status: 'ok' }));
app.post('/query', async () => {
  const [rows] = await pool.query('SELECT 1 AS one');
  return { rows };
});
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
