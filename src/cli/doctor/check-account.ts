import type { Pool, RowDataPacket } from 'mysql2/promise';
import { isSeparate } from '../../datasource/accounts.ts';
import { type ConnectedAccount, onlyItsRights } from '../account-rights.ts';
import type { Warning } from './check.ts';

/** Checks that the database itself keeps the SQL of users out of foreign schemas. @param account of that SQL */
export async function checkAccount(account: ConnectedAccount): Promise<string | Warning> {
  const { pool, accounts, schema } = account;
  const grants = await grantsOf(pool);
  const excess = await foreignRights(pool, grants, isSeparate(accounts) ? schema : null);
  const found = [
    ...(isSeparate(accounts) ? [] : [`the system schema ${schema} does not have its own account`]),
    ...(excess.length === 0 ? [] : [`the account that runs the SQL of users has ${excess.join(', ')}`]),
  ];
  if (found.length === 0) return `the database keeps the SQL of users out of ${schema} and mysql`;
  return { warning: found.join('; '), fix: isSeparate(accounts) ? await onlyItsRights(account) : createAccounts };
}

/** Checks that the account of readers may only read, and only tables of users. @param database of those tables; null: not known */
export async function checkReaderRights(account: ConnectedAccount, database: string | null): Promise<string | Warning> {
  const { pool, schema } = account;
  const grants = await grantsOf(pool);
  const excess = [
    ...(await foreignRights(pool, grants, schema)),
    ...(database !== null && (await reaches(pool, grants, database, changes)) ? [`rights to change ${database}`] : []),
  ];
  if (excess.length === 0) return 'the database lets readers read tables of users, and nothing else';
  return { warning: `the account of readers has ${excess.join(', ')}`, fix: await onlyItsRights(account) };
}

async function grantsOf(pool: Pool): Promise<readonly Grant[]> {
  const [rows] = await pool.query<RowDataPacket[][]>({ sql: 'SHOW GRANTS FOR CURRENT_USER()', rowsAsArray: true });
  return rows.flatMap(([text]) => readGrant(String(text)) ?? []);
}

/** Rights that no SQL of users needs, in words. @param schema of the system; null: the account needs it */
async function foreignRights(pool: Pool, grants: readonly Grant[], schema: string | null): Promise<readonly string[]> {
  return [
    ...['FILE', 'SUPER'].filter((right) => grants.some((grant) => isOnAll(grant) && has(grant, [right]))),
    ...((await reaches(pool, grants, 'mysql')) ? ['rights on mysql.*'] : []),
    ...(schema !== null && (await reaches(pool, grants, schema)) ? [`rights on the system schema ${schema}`] : []),
  ];
}

const createAccounts =
  'run the SQL that `millrace accounts` prints as an administrator of the database, then set its DSNs';

interface Grant {
  /** In upper case, as the servers write them. */
  readonly rights: readonly string[];
  /** `*`, or a pattern of the schema's name. */
  readonly schema: string;
  /** The account itself, or a role of it. */
  readonly grantee: string;
}

/** Reads ``GRANT SELECT, INSERT ON `millrace\_work`.* TO …``. @returns null for a role, whose rights have their own lines */
function readGrant(text: string): Grant | null {
  const [begin, on] = ['GRANT ', text.indexOf(' ON ')];
  const to = text.indexOf(' TO ', on);
  if (!text.startsWith(begin) || on < 0 || to < 0) return null;
  const place = text.slice(on + 4, to);
  const schema = place.startsWith('`') ? place.slice(1, place.indexOf('`.')).replaceAll('``', '`') : '*';
  const grantee = text.slice(to + 4).split(' ', 1)[0]!;
  return { rights: text.slice(begin.length, on).split(/, ?/), schema, grantee };
}

const isOnAll = ({ schema }: Grant) => schema === '*';

const changes = ['INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'TRIGGER'];
const onTables = ['SELECT', ...changes];

/** A right on columns is followed by their names. */
const has = ({ rights }: Grant, wanted: readonly string[]) =>
  rights.some(
    (right) => right.startsWith('ALL') || wanted.some((each) => right === each || right.startsWith(`${each} (`)),
  );

/** If several of an account's patterns match a name, only the one without wildcards counts. Rights on all databases count in addition. */
async function reaches(
  pool: Pool,
  grants: readonly Grant[],
  schema: string,
  rights: readonly string[] = onTables,
): Promise<boolean> {
  if (grants.some((grant) => isOnAll(grant) && has(grant, rights))) return true;
  const patterns = grants.filter((grant) => !isOnAll(grant));
  if (patterns.length === 0) return false;
  const [[matching]] = await pool.query<RowDataPacket[][]>({
    sql: `SELECT ${patterns.map(() => '? LIKE ?').join(', ')}`,
    values: patterns.flatMap((grant) => [schema, grant.schema]),
    rowsAsArray: true,
  });
  const found = patterns.filter((_, index) => Number(matching?.[index]) === 1);
  const exact = (grant: Grant) => !/(?<!\\)[_%]/.test(grant.schema);
  return found.some(
    (grant) =>
      has(grant, rights) && (exact(grant) || !found.some((other) => exact(other) && other.grantee === grant.grantee)),
  );
}
