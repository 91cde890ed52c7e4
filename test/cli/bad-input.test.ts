import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatDsn } from '../../src/datasource/dsn.ts';
import { freePort } from '../../src/datasource/free-port.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { mariadb } from '../database.ts';
import { useSession } from '../use-session.ts';
import { environmentOf, millrace } from './millrace.ts';

const command = 'TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"';
const whole = `SELECT id, file_name FROM shot WHERE id <= 2\n${command}\nINTO found`;

describe('bad input', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  let before: readonly string[];

  beforeAll(async () => {
    await test.query('CREATE TABLE taken (mine INT)');
    await writeFile(join(test.pictures.folder, 'cut-off.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
    before = await tables();
  });

  const tables = async () =>
    (
      await test.query(
        `SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?, ?)`,
        [test.database.name, test.config.schema],
      )
    ).map(({ name }) => name);

  /** The statement itself and its failure may stay. */
  async function expectNothingWritten(): Promise<void> {
    expect(await tables()).toEqual(before);
    for (const table of ['selections', 'partitions', 'ledger'])
      expect(await test.query(`SELECT * FROM ${test.config.schema}.${table}`)).toEqual([]);
  }

  it.each([
    [
      'an unknown image',
      whole.replace('millrace/worker', 'millrace/werker'),
      2,
      `error[UNKNOWN_IMAGE]: the catalog has no image 'millrace/werker'
  --> stdin:2:8
   1 | SELECT id, file_name FROM shot WHERE id <= 2
   2 | TO RUN millrace/werker CMD "yolo", "--model=demo", "--image_dir=/datasets"
     |        ^ did you mean millrace/worker?
`,
    ],
    [
      'an unknown model',
      whole.replace('=demo', '=deno'),
      2,
      `error[UNKNOWN_MODEL]: unknown model 'deno'
  --> stdin:2:36
   1 | SELECT id, file_name FROM shot WHERE id <= 2
   2 | TO RUN millrace/worker CMD "yolo", "--model=deno", "--image_dir=/datasets"
     |                                    ^ did you mean demo?
`,
    ],
    [
      'a file of the client',
      "LOAD DATA LOCAL INFILE 'list.csv' INTO TABLE taken",
      2,
      `error[LOCAL_INFILE]: LOAD DATA LOCAL cannot read your file: Millrace runs the statement, not your client
  --> stdin:1:11
   1 | LOAD DATA LOCAL INFILE 'list.csv' INTO TABLE taken
     |           ^ load the file with the database's own client, or copy it to the database server and omit LOCAL
`,
    ],
    [
      'a no-break space before TO',
      whole.replace('\nTO', '\u00a0TO'),
      2,
      `error[UNKNOWN_CHARACTER]: the character U+00A0 is part of a name to the database, not a space
  --> stdin:1:45
   1 | SELECT id, file_name FROM shot WHERE id <= 2 TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
     |                                             ^ replace it with a plain space
`,
    ],
    [
      'an unknown attribute',
      whole.replace('INTO', 'WITH partition = 2\nINTO'),
      2,
      `error[UNKNOWN_ATTRIBUTE]: unknown attribute 'partition' for TO RUN
  --> stdin:3:6
   2 | TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
   3 | WITH partition = 2
     |      ^ did you mean partitions?
`,
    ],
    [
      'another statement instead of a SELECT',
      `UPDATE shot SET id = 1\n${command}\nINTO found`,
      2,
      `error[NOT_A_QUERY]: TO RUN needs a query before it, but UPDATE is not a query
  --> stdin:1:1
   1 | UPDATE shot SET id = 1
     | ^ start with SELECT, WITH or a query in brackets
`,
    ],
    [
      'a SELECT that the database refuses',
      whole.replace('shot', 'shots'),
      2,
      `error[QUERY_REFUSED]: the database says: Table 'DATABASE.shots' doesn't exist
  --> stdin:1:1
   1 | SELECT id, file_name FROM shots WHERE id <= 2
     | ^ fix the query
`,
    ],
    [
      'a SELECT that fails while it runs',
      whole.replace('id,', '(SELECT id FROM shot) AS id,'),
      2,
      `failed in TIME  ID
error[QUERY_FAILED]: the database says: Subquery returns more than 1 row
  correct the statement or its data, then run it again
`,
    ],
    [
      'two columns of one name',
      whole.replace('id,', 'id, 1 AS ID,'),
      2,
      `error[DUPLICATE_COLUMN]: the query selects two columns named 'ID'
  --> stdin:1:1
   1 | SELECT id, 1 AS ID, file_name FROM shot WHERE id <= 2
     | ^ give one of them another name: … AS ID_2
`,
    ],
    [
      'no column of images',
      whole.replace('file_name', 'file_name AS title'),
      2,
      `error[NO_IMAGE_COLUMN]: none of the selected columns is known to hold the paths of images
  --> stdin:1:1
   1 | SELECT id, file_name AS title FROM shot WHERE id <= 2
     | ^ the query selects id, title; name one with "--image_column=…"
`,
    ],
    [
      'a table that exists',
      whole.replace('found', 'taken'),
      2,
      `error[TABLE_EXISTS]: the table taken already exists
  --> stdin:3:6
   2 | TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
   3 | INTO taken
     |      ^ choose another table, or add WITH write_mode = 'append' or 'overwrite'
`,
    ],
    [
      'a table in a database that is not there',
      whole.replace('found', 'nowhere.found'),
      2,
      `failed in TIME  ID
error[QUERY_FAILED]: there is no database 'nowhere' for the table 'found'
  create it, or ask for rights on it, or name another after INTO
`,
    ],
  ])('%s is rejected and leaves nothing behind', async (_, program, code, message) => {
    const ended = await millrace(['run', '-'], environmentOf(test), program);
    expect({ ...ended, stderr: steady(ended.stderr) }).toEqual({ code, stdout: '', stderr: message });
    await expectNothingWritten();
  });

  /** Without what differs from run to run. */
  function steady(output: string): string {
    return output
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replace(/in \d+(\.\d+)? s/g, 'in TIME')
      .replace(/^selecting rows …\n/, '')
      .replaceAll(test.database.name, 'DATABASE')
      .replaceAll(test.config.schema, 'SCHEMA')
      .replace(/'user[0-9a-f]+'@'[^']+'/g, 'ACCOUNT');
  }

  describe('an account', () => {
    const limited = async (grants: readonly string[], schema: string) => {
      const { admin, datasource } = test.database;
      const user = `limited${grants.length}${schema.length}`;
      await admin.query(`DROP USER IF EXISTS ${user}@'%'`);
      await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'hunter2'`);
      for (const grant of grants) await admin.query(`GRANT ${grant} TO ${user}@'%'`);
      const dsn = formatDsn({ ...datasource, user, password: 'hunter2' });
      const ended = await millrace(
        ['run', '-'],
        { ...environmentOf(test), MILLRACE_DATASOURCE: dsn, MILLRACE_SYSTEM_DATASOURCE: '', MILLRACE_SCHEMA: schema },
        whole,
      );
      await admin.query(`DROP USER ${user}@'%'`);
      return {
        ...ended,
        stderr: steady(ended.stderr).replace(`'${user}'@'127.0.0.1'`, 'ACCOUNT').replace(`'${user}'@'%'`, 'ACCOUNT'),
      };
    };

    it('that may not create the system schema is rejected', async () => {
      expect(await limited([`ALL ON ${test.database.name}.*`], 'millrace_absent')).toEqual({
        code: 4,
        stdout: '',
        stderr: `error[DATABASE_RIGHTS]: the database says: Access denied for user ACCOUNT to database 'millrace_absent'
  ask for that privilege, or use another account
`,
      });
    });

    it('that may only read is rejected', async () => {
      const grants = [`SELECT ON ${test.database.name}.*`, `SELECT ON ${test.config.schema}.*`];
      expect(await limited(grants, test.config.schema)).toEqual({
        code: 4,
        stdout: '',
        stderr: `error[DATABASE_RIGHTS]: the database says: INSERT command denied to user ACCOUNT for table \`SCHEMA\`.\`statements\`
  ask for that privilege, or use another account
`,
      });
      await expectNothingWritten();
    });

    it('that may not write the result is rejected before any work', async () => {
      const grants = [`SELECT ON ${test.database.name}.*`, `ALL ON ${test.config.schema}.*`];
      await migrate(test.database.pool, test.config.schema);
      expect(await limited(grants, test.config.schema)).toEqual({
        code: 4,
        stdout: '',
        stderr: `failed in TIME  ID
error[DATABASE_RIGHTS]: the database says: INSERT, CREATE command denied to user ACCOUNT for table \`DATABASE\`.\`found\`
  ask for that privilege, or use another account
`,
      });
      await expectNothingWritten();
    });

    it('with a wrong password is rejected, without showing the password', async () => {
      const dsn = formatDsn({ ...test.database.datasource, password: 'hunter2' });
      const ended = await millrace(
        ['run', '-'],
        { ...environmentOf(test), MILLRACE_DATASOURCE: dsn, MILLRACE_SYSTEM_DATASOURCE: '' },
        whole,
      );
      expect({ ...ended, stderr: steady(ended.stderr) }).toEqual({
        code: 4,
        stdout: '',
        stderr: `error[DATABASE_REFUSED]: the database refuses the connection: Access denied for user ACCOUNT (using password: YES)
  correct user, password or database in MILLRACE_DATASOURCE; \`millrace accounts\` prints the SQL that creates accounts
`,
      });
    });
  });

  it('a database that is down at the start is reported', async () => {
    const port = await freePort('127.0.0.1');
    const dsn = `mysql://someone:hunter2@127.0.0.1:${port}/demo`;
    expect(await millrace(['run', '-'], { MILLRACE_DATASOURCE: dsn }, whole)).toEqual({
      code: 4,
      stdout: '',
      stderr: `error[DATABASE_UNREACHABLE]: the database does not answer: connect ECONNREFUSED 127.0.0.1:${port}
  start the database, or correct host and port in MILLRACE_DATASOURCE
`,
    });
  });

  it.each([
    [
      {},
      `error[DATASOURCE_MISSING]: MILLRACE_DATASOURCE is not set, and the demo has not created a private database
  set MILLRACE_DATASOURCE=mysql://user:password@host:port/database, or run npm run demo first
`,
    ],
    [
      { MILLRACE_DATASOURCE: 'postgres://someone:hunter2@localhost/demo' },
      `error[DATASOURCE_INVALID]: the datasource does not start with mysql://
  write mysql://user:password@host:port/database
`,
    ],
  ])('an unusable datasource is reported: %o', async (environment, stderr) => {
    const state = { MILLRACE_STATE: join(test.config.stateFolder, 'absent') };
    expect(await millrace(['run', '-'], { ...state, ...environment }, whole)).toEqual({ code: 3, stdout: '', stderr });
  });

  it('a broken JPEG fails the statement at its end, after all other rows', async () => {
    await test.query(
      "CREATE TABLE broken AS SELECT 1 AS id, 'scene-1.jpg' AS file_name UNION ALL SELECT 2, 'cut-off.jpg'",
    );
    const ended = await millrace(
      ['run', '-'],
      environmentOf(test),
      whole.replace('shot', 'broken').replace('found', 'partly'),
    );
    expect(ended.code).toBe(5);
    expect(
      steady(ended.stderr)
        .replace(/^step-1 .*\n/gm, '')
        .replace(test.pictures.folder, 'FOLDER'),
    ).toBe(`failed in TIME  ID
error[ROWS_FAILED]: 1 of 2 rows failed; max_failed_rows allows 0; row 2: IMAGE_BROKEN, a truncated or damaged JPEG file: FOLDER/cut-off.jpg
  fix the images and retry: only the failed rows are processed again; or raise max_failed_rows
`);
    expect(await test.query("SHOW TABLES LIKE 'partly'")).toEqual([]);
    const [ledger] = await test.query(`SELECT COUNT(*) AS n FROM ${test.config.schema}.ledger`);
    expect(ledger?.n).toBe('2');
  });

  it('an empty selection gives an empty table', async () => {
    const ended = await millrace(
      ['run', '-'],
      environmentOf(test),
      whole.replace('id <= 2', 'FALSE').replace('found', 'empty'),
    );
    expect(ended.code).toBe(0);
    expect(steady(ended.stderr)).toContain('empty: 0 detections in 0 images\nsucceeded in TIME  ID\n');
    expect(await test.query('SELECT * FROM empty')).toEqual([]);
  });
});
