import { MillraceError } from '../errors.ts';
import type { Program } from '../sql/statement.ts';

/** `LOAD DATA LOCAL INFILE` reads a file of the client; here the client is the server or pod that runs the statement. */
export function checkLocalInfile({ statements }: Program, report: (error: MillraceError) => void): void {
  for (const statement of statements) {
    if (statement.kind !== 'standard' || statement.facts.localInfile === null) continue;
    const message = 'LOAD DATA LOCAL cannot read your file: Millrace runs the statement, not your client';
    const hint = "load the file with the database's own client, or copy it to the database server and omit LOCAL";
    report(new MillraceError('LOCAL_INFILE', message, { span: statement.facts.localInfile, hint }));
  }
}
