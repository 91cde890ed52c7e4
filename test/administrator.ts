import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import { parseDsn } from '../src/datasource/dsn.ts';
import type { DatabaseServer } from './database-servers.ts';

/** Runs an SQL script as the database's own client would. */
export async function runScript(server: DatabaseServer, script: string): Promise<void> {
  const { host, port, user, password } = parseDsn(await server.start(inject('serversFolder')));
  const connection = await createConnection({ host, port, user, password, multipleStatements: true });
  try {
    await connection.query(script);
  } finally {
    await connection.end();
  }
}
