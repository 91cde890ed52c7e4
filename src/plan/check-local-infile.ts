import { MillraceError } from '../errors.ts';
import type { Program } from '../sql/statement.ts';
import { queryTokens } from '../sql/tokens.ts';

/** `LOAD DATA LOCAL INFILE` reads a file of the client, and the client is whatever server or pod runs the statement. */
export function checkLocalInfile({ statements, mode }: Program, report: (error: MillraceError) => void): void {
  for (const statement of statements) {
    if (statement.kind !== 'standard') continue;
    const { text, span } = statement;
    const tokens = queryTokens(text.slice(0, 1000), mode).slice(0, 6);
    const words = tokens.map((token) => (token.type === 'word' ? token.text.toUpperCase() : ''));
    const local = words.indexOf('LOCAL');
    if (words[0] !== 'LOAD' || local === -1 || words[local + 1] !== 'INFILE') continue;
    const token = tokens[local]!;
    report(
      new MillraceError(
        'LOCAL_INFILE',
        'LOAD DATA LOCAL reads no file here: the statement is run by Millrace, not by your client',
        {
          span: { start: span.start + token.offset, end: span.start + token.end },
          hint: "load the file with the database's own client, or put it on the database's server and leave LOCAL out",
        },
      ),
    );
  }
}
