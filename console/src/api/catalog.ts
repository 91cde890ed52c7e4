import { read } from './request.ts';

export interface User {
  readonly name: string;
  readonly role: 'reader' | 'user' | 'admin';
}

export const readUser = (): Promise<User> => read('/v1/user');

export interface Datasource {
  readonly name: string;
  readonly engine: 'local' | 'argo';
  readonly default: boolean;
}

export const readDatasources = async (): Promise<readonly Datasource[]> =>
  (await read<{ datasources: Datasource[] }>('/v1/datasources')).datasources;

export const readTables = async (datasource: string | undefined): Promise<readonly string[]> =>
  (await read<{ tables: string[] }>('/v1/tables', { query: { datasource } })).tables;

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** @returns none for a table that does not exist */
export const readColumns = async (datasource: string | undefined, table: string): Promise<readonly Column[]> =>
  (await read<{ columns: Column[] }>('/v1/columns', { query: { datasource, table } })).columns;

export const readClasses = async (datasource: string | undefined): Promise<readonly string[]> =>
  (await read<{ classes: string[] }>('/v1/classes', { query: { datasource } })).classes;

export const readModelNames = async (datasource: string | undefined): Promise<readonly { name: string }[]> =>
  (await read<{ models: { name: string }[] }>('/v1/models', { query: { datasource } })).models;

export const readProfiles = async (): Promise<readonly { name: string }[]> =>
  (await read<{ profiles: { name: string }[] }>('/v1/profiles')).profiles;
