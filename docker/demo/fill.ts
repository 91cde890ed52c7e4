// Copies the demo's pictures and model into the claims and creates its tables. A second run replaces everything.
import { cp, readFile } from 'node:fs/promises';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool, withReconnect } from '../../src/datasource/pool.ts';
import { fillDatabase } from '../../src/demo/database.ts';

await cp('/demo/datasets/demo', '/datasets/demo', { recursive: true });
await cp('/demo/models/demo.onnx', '/models/demo.onnx');

const dataset = JSON.parse(await readFile('/demo/datasets/demo/annotations.json', 'utf8'));
const pool = openPool(parseDsn(process.env.MILLRACE_DATASOURCE ?? ''), { connections: 1 });
try {
  // A database that was just created may take some minutes to start.
  await withReconnect(() => fillDatabase(pool, '', { fileNames: [], dataset, note: '' }), { patience: 300_000 });
  console.log(`${dataset.images.length} pictures in /datasets/demo and in the table demo.images`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await pool.end();
}
