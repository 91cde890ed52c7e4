import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { runSearch } from '../../src/worker/train/search/run-search.ts';
import type { SearchRun } from '../../src/worker/train/search/search-run.ts';

/** JSON of MILLRACE_SEARCH: a search without what a process has of its own. */
export interface GivenSearch extends Omit<SearchRun, 'place' | 'signal'> {
  readonly dsn: string;
  readonly schema: string;
  readonly statement: string;
}

// A process that runs a search to its end, or until it is killed.
const { dsn, schema, statement, ...given }: GivenSearch = JSON.parse(process.env.MILLRACE_SEARCH ?? '');
const pool = openPool(parseDsn(dsn), { connections: 4 });
const place = { pool, schema, statement, step: 'step-1' };
await runSearch({ ...given, place, signal: new AbortController().signal });
await pool.end();
