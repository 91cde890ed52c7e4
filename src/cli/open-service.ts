import type { Config } from '../config.ts';
import { MillraceError } from '../errors.ts';
import type { Service } from '../service/service.ts';

/** Where a command's statements run: on this machine's engine, or on a server. */
export interface Place {
  readonly config: Config;
  readonly server: ServerAddress | null;
}

export interface ServerAddress {
  readonly url: string;
  readonly token: string | null;
  /** Name of the server's datasource; null: its first. */
  readonly datasource: string | null;
}

export interface PlaceOptions {
  readonly engine?: string | undefined;
  readonly datasource?: string | undefined;
}

/**
 * Reads the place from the options and settings; `MILLRACE_URL` and `MILLRACE_TOKEN` name a server.
 * @throws {MillraceError} USAGE for options that do not apply to the place
 */
export function readPlace(config: Config, environment: NodeJS.ProcessEnv, options: PlaceOptions): Place {
  const url = environment.MILLRACE_URL || null;
  const { engine, datasource = null } = options;
  if (url === null) {
    if (datasource !== null) throw usage('--datasource requires a server, but MILLRACE_URL is not set');
    return { config: engine === undefined ? config : { ...config, engine }, server: null };
  }
  if (engine !== undefined) throw usage('--engine applies only to this machine, but MILLRACE_URL names a server');
  return { config, server: { url, token: environment.MILLRACE_TOKEN || null, datasource } };
}

/** Whether the programs of a service can share one session, which they can if they run in this process. */
export function canKeepSession({ config, server }: Place): boolean {
  return server === null && config.engine === 'local';
}

/** @param options.keepSession run the standard statements of all programs in one session, if possible */
export async function openService(
  place: Place,
  note: (line: string) => void,
  { keepSession = false }: { readonly keepSession?: boolean } = {},
): Promise<Service> {
  const { config, server } = place;
  if (server !== null) {
    const [{ openServerApi }, { openRemoteService }] = await Promise.all([
      import('./remote/server-api.ts'),
      import('./remote/remote-service.ts'),
    ]);
    return openRemoteService(openServerApi(server.url, server.token), server.datasource);
  }
  const [{ openSession }, { openLocalService }] = await Promise.all([
    import('../service/session.ts'),
    import('../service/local-service.ts'),
  ]);
  const session = await openSession(config, note);
  return openLocalService(session, keepSession && canKeepSession(place) ? session.keepSession() : undefined);
}

/** Opens a service for the duration of one command. */
export async function withService(
  place: Place,
  note: (line: string) => void,
  work: (service: Service) => Promise<number>,
): Promise<number> {
  const service = await openService(place, note);
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

function usage(message: string): MillraceError {
  return new MillraceError('USAGE', message, { hint: 'change one of the two' });
}
