import type { Pool, RowDataPacket } from 'mysql2/promise';
import type { Warning } from './check.ts';

interface AccountOptions {
  /** The system schema's name. */
  readonly schema: string;
  /** Whether the system schema has an account of its own. */
  readonly isSeparate: boolean;
}

/** Whether the database itself keeps the SQL of users out of what is not theirs. @param pool with the account that runs it */
export async function checkAccount(pool: Pool, { schema, isSeparate }: AccountOptions): Promise<string | Warning> {
  const [rows] = await pool.query<RowDataPacket[][]>({ sql: 'SHOW GRANTS FOR CURRENT_USER()', rowsAsArray: true });
  const grants = rows.flatMap(([text]) => readGrant(String(text)) ?? []);
  const excess = [
    ...['FILE', 'SUPER'].filter((right) => grants.some((grant) => isOnAll(grant) && has(grant, [right]))),
    ...((await reaches(pool, grants, 'mysql')) ? ['rights on mysql.*'] : []),
    ...(isSeparate && (await reaches(pool, grants, schema)) ? [`rights on the system schema ${schema}`] : []),
  ];
  const found = [
    ...(isSeparate ? [] : [`the system schema ${schema} has no account of its own`]),
    ...(excess.length === 0 ? [] : [`the account that runs the SQL of users has ${excess.join(', ')}`]),
  ];
  if (found.length === 0) return `the database keeps the SQL of users out of ${schema} and mysql`;
  return { warning: found.join('; '), fix: 'make the accounts of docs/server.md, section Accounts, and name them' };
}

interface Grant {
  /** Upper case, as the servers write them. */
  readonly rights: readonly string[];
  /** `*`, or a pattern of the schema's name. */
  readonly schema: string;
}

/** ``GRANT SELECT, INSERT ON `millrace\_work`.* TO …``; null: a role, whose rights have lines of their own. */
function readGrant(text: string): Grant | null {
  const [begin, on] = ['GRANT ', text.indexOf(' ON ')];
  const to = text.indexOf(' TO ', on);
  if (!text.startsWith(begin) || on < 0 || to < 0) return null;
  const place = text.slice(on + 4, to);
  const schema = place.startsWith('`') ? place.slice(1, place.indexOf('`.')).replaceAll('``', '`') : '*';
  return { rights: text.slice(begin.length, on).split(/, ?/), schema };
}

const isOnAll = ({ schema }: Grant) => schema === '*';

const onTables = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'TRIGGER'];

/** A right on columns has their names behind it. */
const has = ({ rights }: Grant, wanted: readonly string[]) =>
  rights.some(
    (right) => right.startsWith('ALL') || wanted.some((each) => right === each || right.startsWith(`${each} (`)),
  );

async function reaches(pool: Pool, grants: readonly Grant[], schema: string): Promise<boolean> {
  const patterns = grants.filter((grant) => has(grant, onTables)).map((grant) => (isOnAll(grant) ? '%' : grant.schema));
  if (patterns.length === 0) return false;
  const matches = patterns.map(() => '? LIKE ?').join(' OR ');
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT ${matches} AS found`,
    patterns.flatMap((pattern) => [schema, pattern]),
  );
  return Number(row?.found) === 1;
}
