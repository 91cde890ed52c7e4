import { Counter, Gauge, type Registry } from 'prom-client';

const statementKinds = ['passed', 'extended', 'own', 'refused'] as const;
const outcomes = ['accepted', 'refused'] as const;

/** Figures of the front door for clients of MySQL. */
export interface MysqlMetrics {
  statement(kind: (typeof statementKinds)[number]): void;
  login(outcome: (typeof outcomes)[number]): void;
  connected(change: 1 | -1): void;
}

export function openMysqlMetrics(registry: Registry): MysqlMetrics {
  const registers = [registry];
  const open = new Gauge({
    name: 'millrace_mysql_connections',
    help: 'Connections of MySQL clients that have logged in',
    registers,
  });
  const logins = new Counter({
    name: 'millrace_mysql_logins_total',
    help: 'Logins of MySQL clients, by outcome: accepted, refused',
    labelNames: ['outcome'] as const,
    registers,
  });
  const statements = new Counter({
    name: 'millrace_mysql_statements_total',
    help: 'Statements of MySQL clients, by kind: passed to the database, extended, own (KILL, SHOW STATEMENTS, SET millrace_wait), refused by Millrace',
    labelNames: ['kind'] as const,
    registers,
  });
  for (const kind of statementKinds) statements.inc({ kind }, 0);
  for (const outcome of outcomes) logins.inc({ outcome }, 0);
  return {
    statement: (kind) => statements.inc({ kind }),
    login: (outcome) => logins.inc({ outcome }),
    connected: (change) => open.inc(change),
  };
}
