import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { tableNames } from '../../src/ledger/tables.ts';
import { servers, useDatabase } from '../database.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const outside = globSync('**/*.ts', { cwd: source }).filter((file) => !file.startsWith('ledger/'));

describe('the tables of the system schema', () => {
  it.each([
    ["const t = quoteTable({ database: schema, table: 'statements' });", 'statements'],
    ["const t = table('result_rows');", 'result_rows'],
    ['const sql = `SELECT state FROM ${' + 'schema}.steps WHERE step = ?`;', 'steps'],
    ["const sql = 'DELETE FROM millrace.`ledger` WHERE 1';", 'ledger'],
  ])('are found in %s', (text, name) => {
    expect(namedIn('example.ts', text)).toEqual([name]);
  });

  it.each([
    "const tags = ['statements'];",
    "const claim = { claim: 'models' };",
    "throw new Error('no rows of steps');",
  ])('are not found in %s', (text) => {
    expect(namedIn('example.ts', text)).toEqual([]);
  });

  it('are named only in src/ledger', () => {
    expect(outside.length).toBeGreaterThan(200);
    const found = outside.flatMap((file) =>
      namedIn(file, readFileSync(join(source, file), 'utf8')).map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });
});

describe.each(servers)('the tables of the system schema on $name', (server) => {
  const database = useDatabase(server);

  beforeAll(() => migrate(database.pool, database.systemSchema));

  it('are those that the ledger can name', async () => {
    const [rows] = await database.pool.query(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
      [database.systemSchema],
    );
    expect((rows as { name: string }[]).map(({ name }) => name).sort()).toEqual([...tableNames].sort());
  });
});

/** Places where SQL or a call contains the name of a table, without words that mean something else. */
function namedIn(file: string, text: string): readonly string[] {
  const found: string[] = [];
  const add = (name: unknown) => {
    const known = tableNames.find((each) => each === name);
    if (known !== undefined) found.push(known);
  };
  const { program } = parseSync(file, text);
  new Visitor({
    Property: ({ key, value }) => {
      if (key.type === 'Identifier' && key.name === 'table' && value.type === 'Literal') add(value.value);
    },
    CallExpression: ({ callee, arguments: [first] }) => {
      const isTable = callee.type === 'Identifier' && /^(table|system|quoteName)$/.test(callee.name);
      if (isTable && first?.type === 'Literal') add(first.value);
    },
    Literal: ({ value }) => {
      if (typeof value === 'string') for (const name of namesInSql(value)) add(name);
    },
    TemplateLiteral: ({ quasis }) => {
      for (const name of namesInSql(quasis.map(({ value }) => value.cooked).join('schema'))) add(name);
    },
  }).visit(program);
  return found;
}

const namesInSql = (text: string) =>
  [...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE|TABLE) [`\w]+\.`?(\w+)/g)].map(([, name]) => name);
