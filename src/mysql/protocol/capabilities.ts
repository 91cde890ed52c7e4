/** https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
export const capability = {
  longPassword: 1 << 0,
  foundRows: 1 << 1,
  longFlag: 1 << 2,
  connectWithDatabase: 1 << 3,
  noSchema: 1 << 4,
  odbc: 1 << 6,
  ignoreSpace: 1 << 8,
  protocol41: 1 << 9,
  interactive: 1 << 10,
  tls: 1 << 11,
  ignoreSigpipe: 1 << 12,
  transactions: 1 << 13,
  secureConnection: 1 << 15,
  multiStatements: 1 << 16,
  multiResults: 1 << 17,
  preparedMultiResults: 1 << 18,
  pluginAuth: 1 << 19,
  connectAttributes: 1 << 20,
  longAuthResponse: 1 << 21,
  sessionTrack: 1 << 23,
  deprecateEof: 1 << 24,
} as const;

const all = (...flags: readonly number[]) => flags.reduce((sum, flag) => sum | flag, 0);

/**
 * Flags that change what passes between client and database after the login: both sides of a relayed session must agree on them. Others,
 * such as compression, query attributes and LOCAL FILES, are never offered. Nor are MariaDB's own, which only a server without
 * `longPassword` has: https://mariadb.com/kb/en/connection/#capabilities
 */
export const relayed = all(
  capability.foundRows,
  capability.longFlag,
  capability.noSchema,
  capability.odbc,
  capability.ignoreSpace,
  capability.interactive,
  capability.ignoreSigpipe,
  capability.transactions,
  capability.multiStatements,
  capability.multiResults,
  capability.preparedMultiResults,
  capability.sessionTrack,
  capability.deprecateEof,
);

/** Flags of the login, which each side of a relayed session has for itself. */
export const ofLogin = all(
  capability.longPassword,
  capability.connectWithDatabase,
  capability.protocol41,
  capability.secureConnection,
  capability.pluginAuth,
  capability.connectAttributes,
  capability.longAuthResponse,
);

/** Without these a client is older than MySQL 5.5. */
export const needed = all(capability.protocol41, capability.secureConnection, capability.pluginAuth);

export const has = (flags: number, flag: number): boolean => (flags & flag) !== 0;
