import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import { parseDsn } from '../src/datasource/dsn.ts';
import type { DatabaseServer } from './database-servers.ts';

/** Runs a script of SQL as a person does who gives it to the database's own client. */
export async function runScript(server: DatabaseServer, script: string): Promise<void> {
  const { host, port, user, password } = parseDsn(await server.start(inject('serversFolder')));
  const connection = await createConnection({ host, port, user, password, multipleStatements: true });
  try {
    await connection.query(script);
  } finally {
    await connection.end();
  }
}
