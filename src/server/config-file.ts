import { readFile } from 'node:fs/promises';
import { loadAll, YAMLException } from 'js-yaml';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../plan/nearest-name.ts';
import { nameForm, namePattern, roles } from '../service/access/users.ts';

/** Default, least and most of each limit. */
export const limitBounds = {
  /** Of a request, in bytes. */
  bodyBytes: [2 ** 20, 2 ** 10, 2 ** 26],
  /** Of a program, in bytes. */
  statementBytes: [2 ** 20, 2 ** 10, 2 ** 24],
  /** Per user. */
  requestsPerMinute: [600, 1, 1_000_000],
  /** More are queued. */
  runningStatementsPerUser: [10, 1, 10_000],
  /** Of all users, on the local engine of one server. */
  runningStatements: [32, 1, 10_000],
  /** More are refused. */
  queuedStatementsPerUser: [10_000, 1, 1_000_000],
  /** So many servers may die with a statement until it is failed. */
  serverDeaths: [3, 1, 1_000_000],
  /** Kept of the rows that a statement's queries return, in bytes of JSON. */
  resultBytes: [2 ** 26, 2 ** 10, 2 ** 34],
  /** The oldest beyond are deleted. */
  resultBytesPerUser: [2 ** 30, 2 ** 10, 2 ** 44],
  resultBytesTotal: [10 * 2 ** 30, 2 ** 10, 2 ** 46],
  /** A client has that long to send its request, a third of it for the headers: who trickles it holds a connection no longer. */
  requestSeconds: [30, 1, 3600],
  /** After that long a client that takes nothing is let go. */
  idleStreamSeconds: [60, 1, 3600],
  /** The most that a request may wait for its statement's end. */
  maxWaitSeconds: [60, 0, 600],
  /** Open at once: events, logs, results. */
  streams: [2000, 1, 100_000],
  streamsPerUser: [200, 1, 100_000],
} as const satisfies Record<string, readonly [number, number, number]>;

export type LimitName = keyof typeof limitBounds;

/** `writeOnly`: a secret, whose value no message shows. https://json-schema.org/draft/2020-12/json-schema-validation#section-9.4 */
const secret = { writeOnly: true };
const closed = { additionalProperties: false };
const text = (pattern: string, allowed: string, options = {}) =>
  Type.Optional(Type.String({ pattern, description: allowed, ...options }));
const name = Type.String({ pattern: namePattern.source, description: nameForm });

const dsn = text('^mysql://', 'a DSN: mysql://user:password@host:port/database', secret);
const dsnFile = text('.', 'the file that holds the DSN');
const dsnEnvironment = text('^[A-Za-z_][A-Za-z0-9_]*$', 'the environment variable that holds the DSN');
const dsnSecret = text('^[a-z0-9.-]+/[A-Za-z0-9._-]+$', 'secret/key, from which pods have the DSN');

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
    schema: text('^[A-Za-z0-9_]{1,64}$', "the system schema's name, of letters, digits and _"),
  },
  closed,
);

const User = Type.Object(
  {
    name,
    token: Type.String({
      pattern: '^sha256:[0-9a-f]{64}$',
      description:
        "the token's hash, sha256: and 64 hexadecimal digits, as `millrace token` prints it; never the token itself",
      ...secret,
    }),
    role: Type.Enum(roles),
    datasources: Type.Optional(Type.Array(name, { minItems: 1, description: 'names of datasources, at least one' })),
  },
  closed,
);

const between = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }));
const link = text(
  '^https?://[^{}]*(\\{id\\}[^{}]*)+$',
  "an address, http:// or https://, with {id} where the statement's id goes",
);

const statementSeconds = between(1, 1_000_000);

const images = Type.Optional(
  Type.Array(Type.String({ minLength: 1 }), { description: 'a list of images, or of what they begin with' }),
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

/** The file of MILLRACE_SERVER_CONFIG. @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  return check(path, File, (await readYaml(path)) ?? {});
}

/** The file of MILLRACE_USERS_FILE: a list as it stands after `users:`. @throws {MillraceError} SERVER_CONFIG_INVALID */
export async function readUsersFile(path: string): Promise<readonly UserEntry[]> {
  return check(path, Users, (await readYaml(path)) ?? []);
}

async function readYaml(path: string): Promise<unknown> {
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`the file ${path} cannot be read (${error.code})`, 'correct its name or its rights');
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
    throw invalid(`${path}${lineOf(error)} is no YAML: ${reasonOf(error)}`, 'mend the file');
  }
}

const lineOf = ({ mark }: YAMLException) => (mark ? `, line ${mark.line + 1}, column ${mark.column + 1},` : '');

/** Up to what may be quoted from the file, which holds secrets. */
const reasonOf = ({ reason }: YAMLException) => reason.split(/ ?["<(]|: /)[0];

function check<T extends TSchema>(file: string, schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value as Static<T>;
  const errors = Value.Errors(schema, value);
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0];
  throw describeError(`${file}: `, schema, value, error!);
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Only what is no secret is quoted: where a value is of the wrong kind, its kind. */
function describeError(file: string, schema: TSchema, value: unknown, error: SchemaError): MillraceError {
  const allowed = schemaAt(schema, error.schemaPath);
  const place = placeOf(error.instancePath);
  const keys = Object.keys(allowed.properties ?? {});
  if (error.keyword === 'additionalProperties') {
    const [key = ''] = error.params.additionalProperties;
    const found = `${file}${place ? `${place} has` : 'there is'} an unknown key ${quoteKey(key)}`;
    const near = nearestName(key, keys);
    if (keys.length === 0) return invalid(found, `write ${nameForm}`);
    return invalid(found, near === undefined ? `remove it; there are ${keys.join(', ')}` : `write ${near}`);
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
  return shown ? JSON.stringify(found) : 'another text';
}

function describeAllowed({ type, enum: words, minimum, maximum, description }: AnySchema): string {
  if (words) return words.join(', ').replace(/, (?=\w+$)/, ' or ');
  if (description) return description;
  return type === 'integer' ? `a whole number from ${minimum} to ${maximum}` : 'a mapping';
}

/** What has not the form of a key may be a secret in the wrong place. */
const quoteKey = (key: string) => (/^[\w.-]{1,40}$/.test(key) ? `"${key}"` : 'of another form');

export function invalid(message: string, hint: string): MillraceError {
  return new MillraceError('SERVER_CONFIG_INVALID', message, { hint });
}
