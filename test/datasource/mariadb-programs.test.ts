import { describe, expect, it } from 'vitest';
import { findMariadb } from '../../src/datasource/mariadb-programs.ts';

describe('findMariadb', () => {
  it('finds the server even outside of PATH', async () => {
    const { server, install } = await findMariadb();
    expect(server).toMatch(/\/mariadbd$/);
    expect(install).toMatch(/\/mariadb-install-db$/);
  });

  it('names the command that installs missing programs', async () => {
    await expect(findMariadb(['/nonexistent'])).rejects.toMatchObject({
      code: 'MARIADB_MISSING',
      message: 'MariaDB is not installed on this machine',
      hint: expect.stringMatching(/mariadb/i),
    });
  });
});
