import { type Config, privateServerFolder } from '../config.ts';
import { describeDsn, parseDsn } from '../datasource/dsn.ts';
import { startPrivateDatabase } from '../datasource/private-accounts.ts';
import type { Material, Pictures } from './material.ts';
import { progressLines } from './progress-lines.ts';
import { say, shown } from './telling.ts';

export async function findDatabase(config: Config): Promise<Pick<Config, 'dsn' | 'systemDsn'>> {
  if (config.dsn !== null) {
    say('database', `yours (${describeDsn(parseDsn(config.dsn))})`);
    return config;
  }
  const { accounts, reused } = await startPrivateDatabase(privateServerFolder(config), {
    schema: config.schema,
    onProgress: (line) => say('database', `${line} …`),
  });
  say(
    'database',
    `a private MariaDB, ${reused ? 'already running' : 'started'} (${describeDsn(parseDsn(accounts.dsn))})`,
  );
  return accounts;
}

export async function findPictures(material: Material): Promise<Pictures> {
  const lines = progressLines(process.stdout);
  const pictures = await material.load(lines.show);
  lines.end();
  say('pictures', `${pictures.note} (${shown(material.folder)})`);
  return pictures;
}
