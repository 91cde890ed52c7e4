import type { Pool } from 'mysql2/promise';
import pRetry from 'p-retry';
import { type DatabasePools, openDatabase } from '../datasource/accounts.ts';
import { MillraceError } from '../errors.ts';
import { type Datasource, type DatasourceOptions, openDatasource } from './datasource.ts';
import { type EndedViews, openEndedViews } from './ended-views.ts';
import { openSmallReads, type SmallReads } from './small-read.ts';
import { type StatementChange, statementChange } from './statement-view.ts';
import { openStatementWatch, type StatementWatch } from './statement-watch.ts';

/** A datasource that many users share. */
export interface ServedDatasource extends Datasource {
  /** The same as `tables`, with the readers' account. */
  readonly readerTables: Pool;
  /** Separate connections for results, which are sent as fast as clients read: a slow client does not hold up other requests. */
  readonly streams: Pick<DatabasePools, 'system' | 'tables'>;
  readonly watch: StatementWatch<StatementChange>;
  readonly smallReads: SmallReads;
  readonly endedViews: EndedViews;
}

/** A datasource that may not be open yet: a server listens before its databases are available. */
export interface DatasourceHandle {
  readonly name: string;
  readonly engineName: string;
  /** Connections to the system schema; available before the datasource is open. */
  readonly pool: Pool;
  isOpen(): boolean;
  /** @throws {MillraceError} why it is not open yet */
  get(): ServedDatasource;
  close(options: { readonly handOver: boolean }): Promise<void>;
}

export interface ServedDatasourceOptions extends DatasourceOptions {
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const streamConnections = 32;

/** Opens the datasource, retrying until it succeeds, and then keeps the records of its statements. */
export function serveDatasource(options: ServedDatasourceOptions): DatasourceHandle {
  const { name, accounts, config, connections, signal, onError } = options;
  const pools = openDatabase(accounts, { connections });
  const streams = openDatabase(accounts, { connections: streamConnections });
  const readers = openDatabase({ ...accounts, dsn: accounts.readerDsn }, { connections });
  const smallReads = openSmallReads(accounts, pools.system, config.schema, onError);
  let opened: ServedDatasource | null = null;
  let trouble: unknown = new MillraceError('DATABASE_UNREACHABLE', `the datasource ${name} is being opened`, {
    hint: 'try again in a few seconds',
  });

  const opening = pRetry(
    async () => {
      const datasource = await openDatasource(options, pools);
      const endedViews = openEndedViews(datasource.pool, datasource.schema);
      const watch = openStatementWatch(datasource.engine, (status) => statementChange(datasource, status));
      opened = { ...datasource, readerTables: readers.tables, streams, watch, smallReads, endedViews };
    },
    {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 500,
      maxTimeout: 10_000,
      randomize: true,
      signal,
      onFailedAttempt: ({ error }) => {
        trouble = error;
        onError(error);
      },
    },
  );
  const records = opening
    .then(() => opened?.engine.keepRecords(signal, onError))
    .catch((error) => {
      if (!signal.aborted) onError(error);
    });

  return {
    name,
    engineName: config.engine,
    pool: pools.system,
    isOpen: () => opened !== null,
    get() {
      if (opened === null) throw trouble;
      return opened;
    },
    async close(how) {
      await records;
      opened?.watch.close();
      await opened?.engine.close(how);
      await smallReads.end();
      await Promise.all([pools, streams, readers].map((each) => each.end()));
    },
  };
}
