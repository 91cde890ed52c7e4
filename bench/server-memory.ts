import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2';
import type { Pool } from 'mysql2/promise';
import type { Config } from '../src/config.ts';
import { parseDsn } from '../src/datasource/dsn.ts';
import { openPool } from '../src/datasource/pool.ts';
import { type Figure, median, type Table } from './figure.ts';
import type { Pictures } from './material.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const rows = 10_000_000;
const sampleMs = 500;

/** Measures the memory of a server that sends a result table of ten million rows to a client that reads it and to another that never does. */
export async function benchServerMemory(pictures: Pictures, config: Config & { readonly dsn: string }): Promise<Table> {
  const pool = openPool(parseDsn(config.dsn), { connections: 2 });
  const server = await startServerProcess(config);
  try {
    const result = await makeResult(pool, server, pictures);
    const bareSpeed = await bareStream(pool);
    const leave = neverRead(server, result);
    const sent = await readAll(server, result, 'ndjson');
    leave();
    const speeds = [
      speedFigure('ndjson', sent, bareSpeed),
      speedFigure('csv', await readAll(server, result, 'csv'), bareSpeed),
    ];
    const bare = { figure: bareStreamName, value: bareSpeed, unit: 'rows/s' };
    return { title: `A result table of ${count(rows)} rows`, figures: [bare, ...speeds, ...memoryFigures(sent)] };
  } finally {
    await server.stop();
    await pool.end();
  }
}

/** Runs a real statement and adds millions of rows to its result table. @returns the path of the result */
async function makeResult(pool: Pool, { url }: ServerProcess, { imageDir, dataset }: Pictures): Promise<string> {
  await pool.query('CREATE DATABASE IF NOT EXISTS bench CHARACTER SET utf8mb4');
  const [{ file_name: name } = { file_name: '' }] = dataset.images;
  const sql = `SELECT 1 AS image_id, CAST('${name}' AS CHAR(64)) AS file_name
    TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=${imageDir}" WITH write_mode = 'overwrite' INTO bench.large`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ sql, wait: 60 });
  const answer = await fetch(`${url}/v1/statements`, { method: 'POST', headers, body });
  const statement = (await answer.json()) as { state: string; links: { result: string } };
  if (statement.state !== 'succeeded') throw new Error(JSON.stringify(statement));
  await pool.query(
    `INSERT INTO bench.large (image_id, file_name, millrace_row, detection_no, class_id, class_name, score, x1, y1, x2, y2)
     SELECT 1, CONCAT('train2017/', LPAD(seq, 12, '0'), '.jpg'), seq + 1, 0, 17, 'cat', 0.5, seq, 2.25, 3, 4
     FROM bench.seq_1_to_${rows}`,
  );
  return statement.links.result;
}

/** @returns rows/s of a plain mysql2 stream of the first rows */
async function bareStream(pool: Pool): Promise<number> {
  const first = rows / 10;
  const connection = await pool.getConnection();
  const begun = performance.now();
  let read = 0;
  // mysql2 declares it as another connection with promises, which it is not.
  const bare = connection.connection as unknown as Connection;
  const stream = bare.query(`SELECT * FROM bench.large LIMIT ${first}`).stream();
  for await (const _row of stream) read++;
  connection.release();
  return read / ((performance.now() - begun) / 1000);
}

interface Sent {
  readonly seconds: number;
  readonly rows: number;
  readonly bytes: number;
  /** Resident memory over time, MiB. */
  readonly resident: readonly number[];
}

async function readAll(server: ServerProcess, result: string, format: 'ndjson' | 'csv'): Promise<Sent> {
  const resident: number[] = [];
  let over = false;
  const sampling = (async () => {
    for (; !over; await sleep(sampleMs)) resident.push(await residentMiB(server));
  })();
  const begun = performance.now();
  const answer = await fetch(`${server.url}${result}?format=${format}`);
  let [read, bytes] = [0, 0];
  for await (const piece of answer.body!) {
    bytes += piece.length;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) read++;
  }
  const seconds = (performance.now() - begun) / 1000;
  over = true;
  await sampling;
  if (read < rows) throw new Error(`received ${read} of ${rows} rows`);
  return { seconds, rows: read, bytes, resident };
}

/** Resident memory, as the server itself reports it. */
async function residentMiB({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 2 ** 20;
}

/** Sends the request and never reads the answer; the system's buffers hold what fits. */
function neverRead({ url }: ServerProcess, result: string): () => void {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  socket.write(`GET ${result}?format=ndjson HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  return () => socket.destroy();
}

const bareStreamName = 'a bare mysql2 stream';

function speedFigure(format: string, { rows: read, seconds }: Sent, bareSpeed: number): Figure {
  const value = read / seconds;
  const against = { baseline: bareStreamName, ratio: value / bareSpeed };
  return { figure: `sent as ${format}`, value, unit: 'rows/s', against };
}

function memoryFigures({ seconds, bytes, resident }: Sent): Figure[] {
  const tenth = Math.ceil(resident.length / 10);
  // The first second is warm-up.
  const early = median(resident.slice(2, 2 + tenth));
  const late = median(resident.slice(-tenth));
  const baseline = 'in the first tenth';
  return [
    { figure: 'sent as ndjson', value: bytes / 2 ** 20 / seconds, unit: 'MiB/s' },
    { figure: 'memory at the start', value: resident[0] ?? Number.NaN, unit: 'MiB' },
    { figure: 'memory in the first tenth', value: early, unit: 'MiB' },
    { figure: 'memory in the last tenth', value: late, unit: 'MiB', against: { baseline, ratio: late / early } },
    {
      figure: 'memory at most',
      value: Math.max(...resident),
      unit: 'MiB',
      against: { baseline, ratio: Math.max(...resident) / early },
    },
  ];
}

const count = (number: number) => number.toLocaleString('en');
