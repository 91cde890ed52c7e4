import { readFile } from 'node:fs/promises';
import { loadAll, YAMLException } from 'js-yaml';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { nameForm, namePattern, roles } from '../service/access/users.ts';

/** Default, minimum and maximum of each limit. */
export const limitBounds = {
  /** Bytes of a request's body. */
  bodyBytes: [2 ** 20, 2 ** 10, 2 ** 26],
  /** Bytes of a program. */
  statementBytes: [2 ** 20, 2 ** 10, 2 ** 24],
  requestsPerMinute: [600, 1, 1_000_000],
  /** Further statements are queued. */
  runningStatementsPerUser: [10, 1, 10_000],
  /** Statements of all users, on the local engine of one server. */
  runningStatements: [32, 1, 10_000],
  /** Further statements are rejected. */
  queuedStatementsPerUser: [10_000, 1, 1_000_000],
  /** Number of servers that die during a statement before it fails. */
  serverDeaths: [3, 1, 1_000_000],
  /** Bytes of JSON to keep of the rows that a statement's queries return. */
  resultBytes: [2 ** 26, 2 ** 10, 2 ** 34],
  /** Beyond it, the oldest results are truncated. */
  resultBytesPerUser: [2 ** 30, 2 ** 10, 2 ** 44],
  resultBytesTotal: [10 * 2 ** 30, 2 ** 10, 2 ** 46],
  /** Time to send a request, a third of it for the headers, so that a slow sender does not hold a connection. */
  requestSeconds: [30, 1, 3600],
  /** A client that reads nothing for this long is disconnected. */
  idleStreamSeconds: [60, 1, 3600],
  /** Maximum time that a request waits for its statement's end. */
  maxWaitSeconds: [60, 0, 600],
  /** Open streams of events, logs and results. */
  streams: [2000, 1, 100_000],
  streamsPerUser: [200, 1, 100_000],
} as const satisfies Record<string, readonly [number, number, number]>;

export type LimitName = keyof typeof limitBounds;

/** `writeOnly` marks a secret, whose value no message shows. https://json-schema.org/draft/2020-12/json-schema-validation#section-9.4 */
const secret = { writeOnly: true };
const closed = { additionalProperties: false };
const text = (pattern: string, allowed: string, options = {}) =>
  Type.Optional(Type.String({ pattern, description: allowed, ...options }));
const name = Type.String({ pattern: namePattern.source, description: nameForm });

const dsn = text('^mysql://', 'a DSN: mysql://user:password@host:port/database', secret);
const dsnFile = text('.', 'the file that holds the DSN');
const dsnEnvironment = text('^[A-Za-z_][A-Za-z0-9_]*$', 'the environment variable that holds the DSN');
const dsnSecret = text('^[a-z0-9.-]+/[A-Za-z0-9._-]+$', 'NAME/KEY, the Secret and the key that hold the DSN for pods');

const Datasource = Type.Object(
  {
    dsn,
    dsnFile,
    dsnEnvironment,
    secret: dsnSecret,
    systemDsn: dsn,
    systemDsnFile: dsnFile,
    systemDsnEnvironment: dsnEnvironment,
    systemSecret: dsnSecret,
    readerDsn: dsn,
    readerDsnFile: dsnFile,
    readerDsnEnvironment: dsnEnvironment,
    readerSecret: dsnSecret,
    foreignSecret: dsnSecret,
    schema: text('^[A-Za-z0-9_]{1,64}$', 'a name of at most 64 letters, digits and _'),
  },
  closed,
);

const User = Type.Object(
  {
    name,
    token: Type.String({
      pattern: '^sha256:[0-9a-f]{64}$',
      description:
        "the token's hash as `millrace token` prints it, sha256: and 64 hexadecimal digits; never the token itself",
      ...secret,
    }),
    role: Type.Enum(roles),
    datasources: Type.Optional(
      Type.Array(name, { minItems: 1, description: 'a list of at least one datasource name' }),
    ),
  },
  closed,
);

const between = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }));
const link = text(
  '^https?://[^{}]*(\\{id\\}[^{}]*)+$',
  "a URL of http:// or https:// with {id} in place of the statement's id",
);

const statementSeconds = between(1, 1_000_000);

const images = Type.Optional(
  Type.Array(Type.String({ minLength: 1 }), { description: 'a list of images or prefixes of images' }),
);

const Users = Type.Array(User, { description: 'a list of users' });

const File = Type.Object(
  {
    datasources: Type.Optional(Type.Record(name, Datasource, closed)),
    users: Type.Optional(Users),
    limits: Type.Optional(
      Type.Object(
        {
          ...(Object.fromEntries(
            Object.entries(limitBounds).map(([limit, [, least, most]]) => [limit, between(least, most)]),
          ) as Record<LimitName, ReturnType<typeof between>>),
          maxStatementSeconds: Type.Optional(
            Type.Object({ reader: statementSeconds, user: statementSeconds, admin: statementSeconds }, closed),
          ),
        },
        closed,
      ),
    ),
    links: Type.Optional(Type.Object({ argo: link, grafana: link }, closed)),
    images: Type.Optional(Type.Object({ reader: images, user: images, admin: images }, closed)),
    stop: Type.Optional(Type.Object({ seconds: between(0, 3600) }, closed)),
    retentionDays: between(1, 36_500),
  },
  closed,
);

export type DatasourceEntry = Static<typeof Datasource>;
export type UserEntry = Static<typeof User>;
export type ConfigFile = Static<typeof File>;

/** Reads the file of MILLRACE_SERVER_CONFIG. @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  return check(path, File, (await readYaml(path)) ?? {});
}

/** Reads the file of MILLRACE_USERS_FILE, a list like that of `users`. @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function readUsersFile(path: string): Promise<readonly UserEntry[]> {
  return check(path, Users, (await readYaml(path)) ?? []);
}

async function readYaml(path: string): Promise<unknown> {
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`the file ${path} cannot be read (${error.code})`, 'correct its path or its permissions');
  });
  const documents = parseYaml(path, written);
  if (documents.length > 1) throw invalid(`${path} holds ${documents.length} YAML documents`, 'keep one of them');
  return documents[0];
}

function parseYaml(path: string, written: string): readonly unknown[] {
  try {
    return loadAll(written);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw invalid(`${path}${lineOf(error)} is not valid YAML: ${reasonOf(error)}`, 'correct the file');
  }
}

const lineOf = ({ mark }: YAMLException) => (mark ? `, line ${mark.line + 1}, column ${mark.column + 1},` : '');

/** The reason without what it quotes from the file, which may be secret. */
const reasonOf = ({ reason }: YAMLException) => reason.split(/ ?["<(]|: /)[0];

function check<T extends TSchema>(file: string, schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value as Static<T>;
  const errors = Value.Errors(schema, value);
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  throw describeError(`${file}: `, schema, value, error!);
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Quotes no secrets: of a value of the wrong type, only the type. */
function describeError(file: string, schema: TSchema, value: unknown, error: SchemaError): MillraceError {
  const allowed = schemaAt(schema, error.schemaPath);
  const place = placeOf(error.instancePath);
  const keys = Object.keys(allowed.properties ?? {});
  if (error.keyword === 'additionalProperties') {
    const [key = ''] = error.params.additionalProperties;
    const found = `${file}${place ? `${place} has` : 'there is'} an unknown key ${quoteKey(key)}`;
    const near = nearestName(key, keys);
    if (keys.length === 0) return invalid(found, `write ${nameForm}`);
    return invalid(found, near === undefined ? `remove it; the keys here are ${keys.join(', ')}` : `write ${near}`);
  }
  if (error.keyword === 'required') {
    const missing = error.params.requiredProperties.join(' and ');
    return invalid(`${file}${place || 'the file'} lacks ${missing}`, `add ${missing}`);
  }
  const found = Value.Pointer.Get(value, error.instancePath);
  return invalid(`${file}${place || 'the file'} is ${show(found, allowed)}`, `write ${describeAllowed(allowed)}`);
}

interface AnySchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly writeOnly?: boolean;
}

const schemaAt = (schema: TSchema, path: string): AnySchema =>
  Value.Pointer.Get(schema, path.replace(/^#/, '')) as AnySchema;

/** `/users/0/role` is `users[0].role` */
function placeOf(pointer: string): string {
  const [, ...keys] = pointer.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`)).join('');
}

function show(found: unknown, { type, enum: words, writeOnly = false }: AnySchema): string {
  if (found === null || found === undefined) return 'empty';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : 'a list';
  if (typeof found === 'object') return 'a mapping';
  if (typeof found !== 'string') return String(found);
  const shown = !writeOnly && found.length <= 200 && (type === 'string' || words !== undefined);
  return shown ? JSON.stringify(found) : 'an invalid string';
}

function describeAllowed({ type, enum: words, minimum, maximum, description }: AnySchema): string {
  if (words) return words.join(', ').replace(/, (?=\w+$)/, ' or ');
  if (description) return description;
  return type === 'integer' ? `a whole number from ${minimum} to ${maximum}` : 'a mapping';
}

/** A key of an unusual form may be a misplaced secret. */
const quoteKey = (key: string) => (/^[\w.-]{1,40}$/.test(key) ? `"${key}"` : '(not shown: it may be a secret)');

export function invalid(message: string, hint: string): MillraceError {
  return new MillraceError('SERVER_CONFIG_INVALID', message, { hint });
}
