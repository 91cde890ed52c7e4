import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVolumes } from './volumes-setting.ts';

/** Settings of this process, from its environment. */
export interface Config {
  /** Engine that runs plans: `local` or `argo`. */
  readonly engine: string;
  /** The DSN of `MILLRACE_DATASOURCE`; null: not given. */
  readonly dsn: string | null;
  /** The DSN of `MILLRACE_SYSTEM_DATASOURCE`, for the system schema; null: `dsn`. */
  readonly systemDsn: string | null;
  /** The DSN of `MILLRACE_READER_DATASOURCE`, for statements of a server's readers; null: `dsn`. */
  readonly readerDsn: string | null;
  /** Name of the system schema. */
  readonly schema: string;
  /** Folder for private databases, logs and drawn pictures. */
  readonly stateFolder: string;
  /** Folders on this machine that stand for volumes, by mount path. */
  readonly volumes: Readonly<Record<string, string>>;
}

const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/**
 * Reads `MILLRACE_ENGINE`, `MILLRACE_DATASOURCE`, `MILLRACE_SYSTEM_DATASOURCE`, `MILLRACE_READER_DATASOURCE`, `MILLRACE_SCHEMA`,
 * `MILLRACE_STATE`, `MILLRACE_VOLUMES` (`/mount=folder`, comma-separated).
 * @throws {MillraceError} VOLUMES_INVALID
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const stateFolder = environment.MILLRACE_STATE ?? join(projectFolder, '.millrace');
  return {
    engine: environment.MILLRACE_ENGINE || 'local',
    dsn: environment.MILLRACE_DATASOURCE || null,
    systemDsn: environment.MILLRACE_SYSTEM_DATASOURCE || null,
    readerDsn: environment.MILLRACE_READER_DATASOURCE || null,
    schema: environment.MILLRACE_SCHEMA || 'millrace',
    stateFolder,
    volumes: {
      '/datasets': join(stateFolder, 'datasets'),
      '/models': join(projectFolder, 'models'),
      ...readVolumes(environment.MILLRACE_VOLUMES ?? ''),
    },
  };
}

export function privateServerFolder({ stateFolder }: Config): string {
  return join(stateFolder, 'mariadb');
}

export function hasPrivateServer(config: Config): boolean {
  return existsSync(privateServerFolder(config));
}
