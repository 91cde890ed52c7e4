import { createPool, type Pool } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import type { Figure, Table } from './figure.ts';
import { loadCall, loadInTurns } from './load.ts';
import { startServerProcess } from './server-process.ts';

const rows = 1_000_000;
const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS n`).join(' UNION ALL ');
const manyRows = `WITH digit AS (${digits})
  SELECT a.n + 10 * b.n + 100 * c.n AS id, CONCAT('image-', d.n, e.n, f.n, '.jpg') AS file_name
  FROM digit a, digit b, digit c, digit d, digit e, digit f`;

/** Measures what the way through Millrace's MySQL protocol costs, against the same client without it. */
export async function benchMysql(config: Config & { readonly dsn: string }): Promise<Table> {
  const server = await startServerProcess(config);
  const { hostname: host, port } = new URL(server.mysqlUrl);
  const { host: directHost, port: directPort, user, password } = parseDsn(config.dsn);
  const direct = createPool({ host: directHost, port: directPort, user, password, connectionLimit: 8 });
  const through = createPool({ host, port: Number(port), user: 'anyone', connectionLimit: 8 });
  try {
    return {
      title: '8 clients of mysql2 at once, 5 s each; a million rows, one client',
      figures: [
        ...(await compare('SELECT 1', direct, through, (pool) => pool.query('SELECT 1 AS one'))),
        ...(await compare('SELECT 1, prepared', direct, through, (pool) => pool.execute('SELECT 1 AS one'))),
        ...(await rowFigures(direct, through)),
      ],
    };
  } finally {
    await Promise.all([direct.end(), through.end()]);
    await server.stop();
  }
}

async function compare(
  what: string,
  direct: Pool,
  through: Pool,
  call: (pool: Pool) => Promise<unknown>,
): Promise<readonly Figure[]> {
  // Opens the connections, and lets V8 compile what is often run.
  await Promise.all([loadCall(() => call(direct)), loadCall(() => call(through))]);
  const [base, measured] = await loadInTurns(
    () => call(direct),
    () => call(through),
  );
  const against = (ratio: number) => ({ against: { baseline: 'direct', ratio } });
  return [
    { figure: `${what}, direct`, value: base.perSecond, unit: 'a second' },
    {
      figure: `${what}, through Millrace`,
      value: measured.perSecond,
      unit: 'a second',
      ...against(measured.perSecond / base.perSecond),
    },
    { figure: `${what}, through Millrace: p99`, value: measured.p99, unit: 'ms', ...against(measured.p99 / base.p99) },
  ];
}

async function rowFigures(direct: Pool, through: Pool): Promise<readonly Figure[]> {
  const base = await rowsPerSecond(direct);
  const measured = await rowsPerSecond(through);
  return [
    { figure: 'rows, direct', value: base, unit: 'a second' },
    {
      figure: 'rows, through Millrace',
      value: measured,
      unit: 'a second',
      against: { baseline: 'direct', ratio: measured / base },
    },
  ];
}

/** Rows are counted, not kept. */
async function rowsPerSecond(pool: Pool): Promise<number> {
  const begun = performance.now();
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    pool.pool
      .query(manyRows)
      .on('result', () => {
        count += 1;
      })
      .on('end', resolve)
      .on('error', reject);
  });
  if (count !== rows) throw new Error(`${count} rows instead of ${rows}`);
  return rows / ((performance.now() - begun) / 1000);
}
