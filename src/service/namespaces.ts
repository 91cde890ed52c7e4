import { readYaml } from './settings-file.ts';

/** Where the statements of a datasource run. */
export interface DatasourceNamespace {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * The namespaces of the datasources in the file that MILLRACE_SERVER_CONFIG names; the server checks the rest of it.
 * @throws {MillraceError} SERVER_CONFIG_INVALID if it cannot be read
 */
export async function readNamespaces(environment: NodeJS.ProcessEnv): Promise<readonly DatasourceNamespace[]> {
  const path = environment.MILLRACE_SERVER_CONFIG || null;
  if (path === null) return [];
  const { datasources } = Object(await readYaml(path)) as { readonly datasources?: unknown };
  return Object.values(Object(datasources)).flatMap((entry) => {
    const { namespace, serviceAccount } = Object(entry) as Partial<Record<keyof DatasourceNamespace, unknown>>;
    if (typeof namespace !== 'string') return [];
    return [{ namespace, serviceAccount: typeof serviceAccount === 'string' ? serviceAccount : 'workflow' }];
  });
}
