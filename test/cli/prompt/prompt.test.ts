import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mariadb } from '../../database.ts';
import { useServer } from '../../server/use-server.ts';
import { slowRows } from '../../slow-rows.ts';
import { detect, useSession } from '../../use-session.ts';
import { environmentOf } from '../millrace.ts';
import { keys, openTerminal } from '../terminal.ts';

const prompt = 'millrace> ';

describe('the prompt', { timeout: 120_000 }, () => {
  const test = useSession(mariadb);
  /** With a history of its own. */
  const open = async (name: string) => {
    const state = join(test.config.stateFolder, name);
    await mkdir(state, { recursive: true });
    const terminal = openTerminal([], { ...environmentOf(test), MILLRACE_STATE: state });
    expect(await terminal.until(prompt)).toContain('Millrace on this machine, engine local.');
    return { ...terminal, historyFile: join(state, 'prompt-history') };
  };

  it('runs a statement of several lines once it has ended, and shows its rows as a table', async () => {
    const terminal = await open('lines');
    terminal.type("SELECT ';' AS a,\r");
    expect(await terminal.until('...> ')).not.toContain('succeeded');
    terminal.type('1 AS b -- ;\r');
    expect(await terminal.until('...> ')).not.toContain('succeeded');
    terminal.type(';\r');
    const shown = await terminal.until(/succeeded in [\s\S]*millrace> $/);
    expect(shown).toContain(' a   b\n───────\n ;   1\n');
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
  });

  it('shows the place of an error, and continues', async () => {
    const terminal = await open('mistake');
    terminal.type('SELECT * FROM shot\rTO RUM x;\r');
    expect(await terminal.until(/RUN\?\n[\s\S]*millrace> $/)).toContain(
      '  --> statement:2:4\n   1 | SELECT * FROM shot\n   2 | TO RUM x;\n     |    ^ did you mean RUN?\n',
    );
    terminal.type('SELECT 7 AS seven;\r');
    expect(await terminal.until('succeeded')).toContain(' seven\n');
    terminal.type('quit;\r');
    expect(await terminal.ended).toBe(0);
  });

  it('cancels the statement that runs on Ctrl-C; at the prompt, clears the input and then shows how to exit', async () => {
    const terminal = await open('interrupt');
    await slowRows(test.database, 1);
    terminal.type(`${detect(40, 'interrupted_here', 'partitions = 2, commit_rows = 1').replaceAll('\n', '\r')}\r`);
    await terminal.until(/ [1-9]\d*\/40 images/);
    terminal.type(keys.interrupt);
    expect(await terminal.until(/cancelled in [\s\S]*millrace> $/)).toMatch(/cancelled in .* s {2}[0-9a-f-]{36}\n/);
    await slowRows(test.database, 0);
    terminal.type('SELECT 1\rFROM ');
    await terminal.until('...> FROM ');
    terminal.type(keys.interrupt);
    expect(await terminal.until(/\^C\n[\s\S]*millrace> $/)).not.toContain('quit;');
    terminal.type(keys.interrupt);
    await terminal.until(/to exit, type quit; or press Ctrl-D\n[\s\S]*millrace> $/);
    terminal.type('SELECT 2 AS two;\r');
    expect(await terminal.until('succeeded')).toContain(' two\n');
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
    expect(await test.query("SHOW TABLES LIKE 'interrupted_here'")).toEqual([]);
  });

  it('keeps one session: variables, temporary tables, transactions, sql_mode and USE reach the next entry', async () => {
    const terminal = await open('session');
    const enter = async (sql: string) => {
      terminal.type(`${sql}\r`);
      return terminal.until(/(succeeded|failed) in [\s\S]*millrace> $|error\[[\s\S]*millrace> $/);
    };
    await enter('SET @x = 41;');
    expect(await enter('SELECT @x + 1 AS answer;')).toMatch(/answer\n─+\n +42\n/);
    await enter('CREATE TEMPORARY TABLE kept (n INT);');
    expect(await enter('INSERT INTO kept VALUES (1);')).toContain('1 row affected');
    await enter('START TRANSACTION;');
    await enter('INSERT INTO kept VALUES (2);');
    await enter('ROLLBACK;');
    expect(await enter('SELECT COUNT(*) AS n FROM kept;')).toMatch(/ n\n─+\n 1\n/);
    terminal.type('SELECT SLEEP(60);\r');
    const sleeping = "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(60)%'";
    const found = async () => (await test.database.admin.query(sleeping))[0];
    await expect.poll(found, { timeout: 30_000 }).toHaveLength(1);
    terminal.type(keys.interrupt);
    await terminal.until(/cancelled in [\s\S]*millrace> $/);
    expect(await enter('SELECT @x AS still;')).toMatch(/still\n─+\n +41\n/);
    await enter("SET sql_mode = 'ANSI_QUOTES';");
    expect(await enter('SELECT "n" AS quoted FROM kept;')).toMatch(/quoted\n─+\n +1\n/);
    expect(await enter('SELECT 1 AS "a\\";')).toMatch(/ a\\\n─+\n +1\n/);
    await enter("SET sql_mode = 'NO_BACKSLASH_ESCAPES';");
    expect(await enter("SELECT 'C:\\' AS path;")).toMatch(/path\n─+\n C:\\+\n/);
    await enter('SET sql_mode = DEFAULT;');
    expect(await enter("SELECT 'it\\'s;' AS text;")).toMatch(/text\n─+\n it's;\n/);
    await enter('USE information_schema;');
    expect(await enter('SELECT DATABASE() AS used;')).toContain(' information_schema\n');
    const refused = await enter(`${detect(2, 'never_made').replaceAll('\n', ' ')};`);
    expect(refused).toContain('error[SESSION_NOT_SHARED]: USE information_schema has no effect on TO RUN');
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
  });

  it('reports that its session was lost before it runs the next entry, and continues in a new one', async () => {
    const terminal = await open('lost');
    terminal.type('SET @x = 1; SELECT CONNECTION_ID() AS id;\r');
    const id = /id\n─+\n +(\d+)\n/.exec(await terminal.until(/succeeded in [\s\S]*millrace> $/))?.[1];
    await test.database.admin.query(`KILL CONNECTION ${Number(id)}`);
    terminal.type('CREATE TABLE after_loss (n INT);\r');
    const told = await terminal.until(/error\[[\s\S]*millrace> $/);
    expect(told).toContain('error[SESSION_LOST]: the connection to the database was lost');
    expect(await test.query("SHOW TABLES LIKE 'after_loss'")).toEqual([]);
    terminal.type('SELECT @x IS NULL AS new_one;\r');
    expect(await terminal.until(/succeeded in [\s\S]*millrace> $/)).toMatch(/new_one\n─+\n +1\n/);
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
  });

  it('completes keywords, tables and attributes', async () => {
    const terminal = await open('completion');
    for (const [typed, added] of [
      ['sel', 'ect '],
      ['1 from sho', 't'],
      [' to run mill', 'race/worker'],
      [' cmd "yolo", "--model=d', 'emo'],
      ['" with partitions = 1, write', '_mode = '],
    ] as const) {
      terminal.type(typed);
      await terminal.until(typed);
      terminal.type(keys.tab);
      await terminal.until(added);
    }
    terminal.type(keys.interrupt);
    await terminal.until(/\^C\n[\s\S]*millrace> $/);
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
  });

  it('remembers whole entries, in a file of its user', async () => {
    const first = await open('history');
    first.type('SELECT 1 AS n\r  FROM shot\r LIMIT 1;\r');
    await first.until('succeeded');
    first.type(keys.end);
    await first.ended;
    expect(await readFile(first.historyFile, 'utf8')).toBe('SELECT 1 AS n FROM shot LIMIT 1;\n');
    const second = await open('history');
    second.type(keys.up);
    await second.until('SELECT 1 AS n FROM shot LIMIT 1;');
    second.type(keys.enter);
    expect(await second.until('succeeded')).toContain(' n\n───\n 1\n');
    second.type(keys.end);
    expect(await second.ended).toBe(0);
  });

  it('shows help', async () => {
    const terminal = await open('help');
    terminal.type('help;\r');
    const help = await terminal.until('exits.\n');
    expect(help).toContain('Standard statements share one session: SET, USE, temporary tables and transactions last');
    expect(help).toContain('Tab completes keywords, tables, images, models and attributes.');
    terminal.type('\\q\r');
    expect(await terminal.ended).toBe(0);
  });
});

describe('the prompt of a server', { timeout: 120_000 }, () => {
  const test = useServer();

  it('runs statements there, cancels them, and completes its tables', async () => {
    const terminal = openTerminal([], {
      MILLRACE_URL: test.server.url,
      MILLRACE_TOKEN: test.tokens.ada,
      MILLRACE_STATE: join(test.environment.MILLRACE_STATE!, 'prompt'),
    });
    expect(await terminal.until(prompt)).toContain(`Millrace on ${test.server.url}.`);
    terminal.type('help;\r');
    expect(await terminal.until(/exits\.\n[\s\S]*millrace> $/)).toContain('Each entry has its own session');
    terminal.type('SELECT COUNT(*) AS n FROM sho');
    await terminal.until('FROM sho');
    terminal.type(keys.tab);
    await terminal.until('t');
    terminal.type(';\r');
    expect(await terminal.until(/succeeded in [\s\S]*millrace> $/)).toContain('   n\n─────\n 300\n');
    terminal.type('SELECT SLEEP(60);\r');
    await test.json('GET', '/v1/statements');
    await expect
      .poll(async () => (await test.json('GET', '/v1/statements?state=running')).body.statements.length, {
        timeout: 30_000,
      })
      .toBe(1);
    terminal.type(keys.interrupt);
    await terminal.until(/cancelled in /);
    terminal.type(keys.end);
    expect(await terminal.ended).toBe(0);
  });
});

describe('watch on a terminal', { timeout: 120_000 }, () => {
  const test = useServer();

  it('draws steps and partitions', async () => {
    const environment = { MILLRACE_URL: test.server.url, MILLRACE_TOKEN: test.tokens.ada };
    const { body } = await test.json('POST', '/v1/statements', {
      body: { sql: detect(60, 'drawn', 'partitions = 2, commit_rows = 1'), wait: 0 },
    });
    const terminal = openTerminal(['watch', body.id], environment);
    const shown = await terminal.until(/drawn: \d+ detections in 60 images\nsucceeded in /);
    expect(shown).toContain(`${body.id}  running  `);
    expect(shown).toMatch(/step-1 {2}run {2}running {2}█*─* {2}\d+\/60 images/);
    expect(shown).toMatch(/ {2}partition 1 {2}done {5}█{24} {2}30\/30 {2}\d+ detections/);
    expect(await terminal.ended).toBe(0);
  });
});
