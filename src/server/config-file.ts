import { type Static, Type } from 'typebox';
import { nameForm, namePattern, roles } from '../service/access/users.ts';
import { Profiles } from '../service/profiles.ts';
import { check, readYaml } from '../service/settings-file.ts';

/** Default, minimum and maximum of each limit. */
export const limitBounds = {
  /** Bytes of a request's body. */
  bodyBytes: [2 ** 20, 2 ** 10, 2 ** 26],
  /** Bytes of a program. */
  statementBytes: [2 ** 20, 2 ** 10, 2 ** 24],
  requestsPerMinute: [600, 1, 1_000_000],
  /** Requests for pictures, which a gallery makes by the hundred. They do not count as other requests. */
  picturesPerMinute: [6000, 1, 1_000_000],
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
  /** Connections of clients of MySQL; each has one to the database. */
  mysqlConnections: [1000, 1, 100_000],
  mysqlConnectionsPerUser: [100, 1, 100_000],
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
    namespace: text('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$', 'a name of at most 63 lowercase letters, digits and -'),
    serviceAccount: text('^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$', 'a name of lowercase letters, digits, - and .'),
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

const buckets = Type.Optional(
  Type.Array(Type.String({ minLength: 1 }), { description: 'a list of buckets or folders of buckets' }),
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
    profiles: Type.Optional(Profiles),
    images: Type.Optional(Type.Object({ reader: images, user: images, admin: images }, closed)),
    buckets: Type.Optional(Type.Object({ reader: buckets, user: buckets, admin: buckets }, closed)),
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
