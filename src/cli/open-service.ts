import type { Config } from '../config.ts';
import { MillraceError } from '../errors.ts';
import type { Service } from '../service/service.ts';

/** Where a command's statements run: on what this machine's settings name, or on a server. */
export interface Place {
  readonly config: Config;
  readonly server: ServerAddress | null;
}

export interface ServerAddress {
  readonly url: string;
  readonly token: string | null;
  /** One of the server's; null: its first. */
  readonly datasource: string | null;
}

export interface PlaceOptions {
  readonly engine?: string | undefined;
  readonly datasource?: string | undefined;
}

/**
 * `MILLRACE_URL` and `MILLRACE_TOKEN` name a server.
 * @throws {MillraceError} USAGE for options of the other place
 */
export function readPlace(config: Config, environment: NodeJS.ProcessEnv, options: PlaceOptions): Place {
  const url = environment.MILLRACE_URL || null;
  const { engine, datasource = null } = options;
  if (url === null) {
    if (datasource !== null) throw usage('--datasource names one of a server, and MILLRACE_URL is not set');
    return { config: engine === undefined ? config : { ...config, engine }, server: null };
  }
  if (engine !== undefined) throw usage('--engine names one of this machine, and MILLRACE_URL a server with its own');
  return { config, server: { url, token: environment.MILLRACE_TOKEN || null, datasource } };
}

/** Whether the programs of a service can share one session: those that run in this process can. */
export function canKeepSession({ config, server }: Place): boolean {
  return server === null && config.engine === 'local';
}

/** @param options.keepSession standard statements of all programs run in one session, where they can */
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

/** For the length of one command. */
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
  return new MillraceError('USAGE', message, { hint: 'leave out the one or the other' });
}
