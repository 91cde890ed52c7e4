import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Accounts, accountsOf, type DatabasePools, openDatabase } from '../../src/datasource/accounts.ts';
import { quoteName } from '../../src/datasource/identifiers.ts';
import { MillraceError } from '../../src/errors.ts';
import type { User } from '../../src/service/access/users.ts';
import { type Datasource, openDatasource } from '../../src/service/datasource.ts';
import { datasourceNamed, findChangeable, findStatement } from '../../src/service/find-statement.ts';
import { listStatements, placeOf } from '../../src/service/list-statements.ts';
import type { DatasourceHandle, ServedDatasource } from '../../src/service/served-datasource.ts';
import { openSmallReads } from '../../src/service/small-read.ts';
import { mariadb, useDatabase } from '../database.ts';

function withSmallReads(datasource: Datasource, accounts: Accounts) {
  const smallReads = openSmallReads(accounts, datasource.pool, datasource.schema, (error) => expect(error).toBeNull());
  return { ...datasource, smallReads };
}

describe('the statements of several datasources', () => {
  const database = useDatabase(mariadb);
  const names = ['first', 'second'] as const;
  const pools: DatabasePools[] = [];
  const datasources: ReturnType<typeof withSmallReads>[] = [];
  const submitted: string[] = [];
  const user = (given: Partial<User> = {}): User => ({ name: 'ada', role: 'user', datasources: null, ...given });

  beforeAll(async () => {
    for (const name of names) {
      const schema = `${database.systemSchema}_${name}`;
      await database.admin.query(`GRANT ALL ON ${quoteName(schema)}.* TO ?@'%'`, [database.datasource.user]);
      const accounts = accountsOf({ dsn: database.dsn, systemDsn: null, readerDsn: null });
      const config = { ...readConfig({}), schema };
      pools.push(openDatabase(accounts, { connections: 2 }));
      const options = { name, accounts, config, environment: {}, profiles: [], links: { argo: null, grafana: null } };
      const datasource = await openDatasource(options, pools.at(-1)!);
      datasources.push(withSmallReads(datasource, accounts));
    }
    for (let number = 0; number < 6; number++) submitted.push(await submit(datasources[number % 2]!, number));
  });
  afterAll(async () => {
    for (const { engine, smallReads } of datasources) await Promise.all([engine.close(), smallReads.end()]);
    for (const each of pools) await each.end();
    for (const { schema } of datasources) await database.admin.query(`DROP DATABASE IF EXISTS ${quoteName(schema)}`);
  });

  async function submit({ engine, parse, plan }: Datasource, number: number): Promise<string> {
    const program = await parse(`DO ${number}`);
    const id = `00000000-0000-7000-8000-00000000000${number}`;
    await engine.submit({
      id,
      text: program.text,
      plan: await plan(program, { user: 'ada', isAdmin: false }),
      submittedBy: 'ada',
      server: null,
    });
    for await (const _ of engine.events(id));
    return id;
  }

  /** A stand-in: no server is there to keep it open. */
  const handle = (datasource: Datasource | MillraceError, name: string): DatasourceHandle =>
    ({
      name,
      get() {
        if (datasource instanceof MillraceError) throw datasource;
        return datasource as ServedDatasource;
      },
    }) as DatasourceHandle;
  const handles = () => datasources.map((each) => handle(each, each.name));

  it('are one list, newest first, in pages', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = null, pages = 0; pages === 0 || cursor !== null; pages++) {
      const filter = { limit: 4, ...(cursor !== null && { after: placeOf(cursor) }) };
      const page = await listStatements(datasources, filter);
      seen.push(...page.statements.map(({ id, datasource }) => `${datasource} ${id}`));
      cursor = page.next;
      expect(page.statements).toHaveLength([4, 2][pages]!);
    }
    expect(seen).toEqual(submitted.map((id, number) => `${names[number % 2]} ${id}`).toReversed());
  });

  it('are found in any datasource, by users who may see them', async () => {
    const [, id = ''] = submitted;
    expect((await findStatement(user(), id, handles())).datasource.name).toBe('second');
    const unknown = { code: 'UNKNOWN_STATEMENT' };
    await expect(findStatement(user({ name: 'bob' }), id, handles())).rejects.toMatchObject(unknown);
    await expect(findStatement(user({ datasources: ['first'] }), id, handles())).rejects.toMatchObject(unknown);
    expect((await findChangeable(user({ name: 'root', role: 'admin' }), id, handles())).status.id).toBe(id);
  });

  it('may be in a datasource that is not open, which is reported if no other has them', async () => {
    const closed = new MillraceError('DATABASE_UNREACHABLE', 'the datasource second is being opened', {
      hint: 'try again in a few seconds',
    });
    const some = [handle(datasources[0]!, 'first'), handle(closed, 'second')];
    expect((await findStatement(user(), submitted[0]!, some)).datasource.name).toBe('first');
    await expect(findStatement(user(), submitted[1]!, some)).rejects.toBe(closed);
  });

  it('belong to the first datasource that the user may use, or to the named one', () => {
    expect(datasourceNamed(user(), undefined, handles()).name).toBe('first');
    expect(datasourceNamed(user({ datasources: ['second'] }), undefined, handles()).name).toBe('second');
    expect(() => datasourceNamed(user({ datasources: ['second'] }), 'first', handles())).toThrow(
      expect.objectContaining({
        message: "there is no datasource 'first' that you may use",
        hint: 'use one of second',
      }),
    );
    expect(() => datasourceNamed(user({ datasources: [] }), undefined, handles())).toThrow(
      expect.objectContaining({ hint: 'ask an administrator of the server for access' }),
    );
  });
});
