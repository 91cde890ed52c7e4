import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantStatements } from '../../../../../src/datasource/account-statements.ts';
import { parseDsn } from '../../../../../src/datasource/dsn.ts';
import { quoteName, quoteTable } from '../../../../../src/datasource/identifiers.ts';
import type { ErrorCode } from '../../../../../src/errors.ts';
import { MillraceError } from '../../../../../src/errors.ts';
import { mariadb } from '../../../../database.ts';
import { hasPython } from '../../../../trainer/python.ts';
import { ended, planOf, submit, useSession } from '../../../../use-session.ts';
import { useTrainer } from '../use-trainer.ts';
import { type Failure, listed } from './reasons.ts';
import { representatives } from './representatives.ts';
import { type Application, hasStatements, readStatements, type Training, trainingOf } from './statements.ts';
import { createTables, databases, isSource } from './tables.ts';

type Statement = Training | Application;

const list = new URL('not-run.txt', import.meta.url);
/** `MILLRACE_SQLFLOW=all`: every statement runs. */
const runsAll = process.env.MILLRACE_SQLFLOW === 'all';

describe.skipIf(!hasStatements)(
  "SQLFlow's statements of TO TRAIN, TO PREDICT, TO EVALUATE and TO EXPLAIN",
  {
    timeout: 7_200_000,
  },
  () => {
    const { trainings, applications } = hasStatements ? readStatements() : { trainings: [], applications: [] };
    const test = useSession(mariadb);
    useTrainer('forked');
    const known = () => readFileSync(list, 'utf8');
    /** Why statements cannot be planned. */
    const refused = new Map<Statement, Failure>();
    /** The training of each other statement, if it needs one. */
    const plannable = new Map<Statement, Training | null>();

    beforeAll(async () => {
      const { admin, name } = test.database;
      for (const database of databases) await createDatabase(database);
      const connection = await admin.getConnection();
      await connection.query(`USE ${quoteName(name)}`);
      await createTables(connection);
      // The pool's sessions have no database of their own.
      connection.destroy();
      for (const each of trainings) await plan(each);
      for (const each of applications) await plan(each);
    });
    afterAll(async () => {
      for (const database of databases)
        await test.database.admin.query(`DROP DATABASE IF EXISTS ${quoteName(database)}`);
    });

    async function createDatabase(database: string): Promise<void> {
      const { admin } = test.database;
      await admin.query(`CREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`);
      const { accounts, systemSchema: schema } = test.database;
      for (const [role, account] of [['user', accounts.dsn] as const, ['system', accounts.systemDsn] as const]) {
        const place = { schema, database: database.replaceAll('_', '\\_') };
        for (const sql of grantStatements(role, `'${parseDsn(account).user}'@'%'`, place)) await admin.query(sql);
      }
    }

    /** A statement that needs a model is planned after the one that trains it. */
    async function plan(each: Statement): Promise<void> {
      const training = trainingOf(each, trainings, new Set(plannable.keys()));
      const program = training === null ? each.text : `${training.text};\n${each.text}`;
      const failure = await failureOf(each, async () => void (await planOf(test.session, program)));
      if (failure === null) plannable.set(each, training);
      else refused.set(each, failure);
    }

    const runtimeFailures = () => {
      const lines = known().split('\n');
      const planned = listed([...refused.values()]).split('\n');
      return lines.filter((line) => !line.startsWith('#') && !planned.includes(line));
    };

    /** Those to run, each training before the statements that need it. */
    function toRun(): readonly Statement[] {
      const all = [...plannable.keys()];
      const listedToFail = runtimeFailures();
      const failing = (each: Statement) => listedToFail.some((line) => line.startsWith(`${each.source}  `));
      const candidates = all.filter((each) => !failing(each)).map((each) => candidateOf(each));
      const some = representatives(candidates.flatMap((each) => each ?? []));
      const chosen = all.filter((each) => runsAll || failing(each) || some.has(each));
      const needed = new Set([...chosen, ...chosen.flatMap((each) => plannable.get(each) ?? [])]);
      const first = [...needed].filter((each) => plannable.get(each) === null);
      return first.flatMap((training) => [training, ...[...needed].filter((each) => plannable.get(each) === training)]);
    }

    function candidateOf(each: Statement) {
      if (isTraining(each)) return { training: each, application: null };
      const training = plannable.get(each);
      return training ? { training, application: each } : null;
    }

    async function run(each: Statement): Promise<Failure | null> {
      await dropResult(each);
      return failureOf(each, async () => {
        const { error } = await ended(test.session, await submit(test.session, each.text));
        if (error !== null) throw new MillraceError(error.code as ErrorCode, error.message);
      });
    }

    /** SQLFlow replaces a result. */
    async function dropResult({ statement }: Statement): Promise<void> {
      if (statement.kind === 'train' || statement.into === null) return;
      const { database, table } = statement.into;
      if (database === null && isSource(table)) return;
      await test.database.admin.query(
        `DROP TABLE IF EXISTS ${quoteTable({ database: database ?? test.database.name, table })}`,
      );
    }

    it('are planned, except for those that are listed with the reason', () => {
      const lines = listed([...refused.values()])
        .split('\n')
        .filter((line) => !line.startsWith('#'));
      const expected = known().split('\n');
      expect(lines.filter((line) => !expected.includes(line))).toEqual([]);
      expect(refused.size + plannable.size).toBe(trainings.length + applications.length);
    });

    it.skipIf(!hasPython)(
      `run word for word, ${runsAll ? 'all of them' : 'one for each estimator, function and verb'}, except for those that are listed with the reason`,
      async () => {
        const failed: Failure[] = [];
        for (const each of toRun()) failed.push(...[await run(each)].filter((failure) => failure !== null));
        const found = listed([...refused.values(), ...failed]);
        if (runsAll && process.env.UPDATE_GOLDEN) writeFileSync(list, found);
        expect(found).toBe(known());
      },
    );
  },
);

const isTraining = (each: Statement): each is Training => each.statement.kind === 'train';

async function failureOf({ source }: Statement, work: () => Promise<void>): Promise<Failure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, message } = error;
    return { source, code, message: message.replaceAll(/'test[0-9a-f]{12}\./g, "'") };
  }
}
