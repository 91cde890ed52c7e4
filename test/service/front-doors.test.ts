import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRemoteService } from '../../src/cli/remote/remote-service.ts';
import { openServerApi } from '../../src/cli/remote/server-api.ts';
import { readConfig } from '../../src/config.ts';
import { type FormatName, formatNames, formats } from '../../src/formats/formats.ts';
import { openLocalService } from '../../src/service/local-service.ts';
import type { Service } from '../../src/service/service.ts';
import { openSession } from '../../src/service/session.ts';
import { useServer } from '../server/use-server.ts';

const server = useServer();
/** The command line on the database itself, and as a client of the server. */
let [here, remote]: readonly Service[] = [];

beforeAll(async () => {
  here = openLocalService(await openSession(readConfig(server.environment), () => {}));
  remote = openRemoteService(openServerApi(server.server.url, server.tokens.ada), null);
});
afterAll(() => here?.close());

it('each front door shows the same statement', async () => {
  const { body } = await server.run(
    "CREATE TABLE seen (n INT); INSERT INTO seen VALUES (1), (2); SELECT n, 'x' AS x FROM seen",
  );
  const told = { ...body };
  delete told.result;
  expect(await remote!.status(body.id)).toEqual(told);
  expect(await here!.status(body.id)).toEqual({ ...told, datasource: 'local' });
  const [listed] = await remote!.list({ limit: 1 });
  expect(await here!.list({ limit: 1 })).toEqual([{ ...listed, datasource: 'local' }]);
});

it.each(formatNames.filter((name) => name !== 'json'))('each front door writes the same rows as %s', async (format) => {
  const { body } = await server.run('SELECT id, file_name, NULL AS nothing FROM shot ORDER BY id LIMIT 200');
  const answer = await server.ask('GET', `/v1/statements/${body.id}/result?format=${format}`);
  const text = await answer.text();
  expect(text.length).toBeGreaterThan(2000);
  expect(await written(here!, body.id, format)).toBe(text);
  expect(await written(remote!, body.id, format)).toBe(text);
});

it('each front door explains a program in the same way, and lists the same models and tables', async () => {
  const sql = 'SELECT 1';
  expect((await here!.explain(sql)).text).toBe((await remote!.explain(sql)).text);
  expect(await here!.models()).toEqual(await remote!.models());
  expect(await here!.tables()).toEqual(await remote!.tables());
});

it('each front door reports an unknown statement with the same words', async () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  const [unknown, other] = await Promise.all(
    [here!, remote!].map((service) => service.status(id).catch((error) => error)),
  );
  expect(unknown).toMatchObject({ code: 'UNKNOWN_STATEMENT', message: other.message, hint: other.hint });
});

it('each front door rejects a program with the same words', async () => {
  const [refused, other] = await Promise.all(
    [here!, remote!].map((service) => service.submit('SELECT 1 TO RUM x').catch((error) => error)),
  );
  expect(refused).toMatchObject({
    code: other.code,
    message: other.message,
    hint: other.hint,
    span: { start: other.span.start },
  });
});

async function written(service: Service, id: string, format: FormatName): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of formats[format].write(await service.rows(id))) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
