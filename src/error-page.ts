import { type ErrorKind, errorTable, exitCodes } from './errors.ts';

const actors: Readonly<Record<ErrorKind, string>> = {
  statement: 'the statement is wrong: mend it',
  configuration: 'the surroundings are wrong: a missing program, setting or folder',
  database: 'the database is not there, or refuses',
  run: 'the statement was right and started, and failed',
  internal: 'a defect of Millrace',
  cancelled: 'the statement was cancelled',
};

/** docs/errors.md: every code, by who has to act. */
export function errorPage(): string {
  const kinds = Object.keys(exitCodes) as ErrorKind[];
  return `# Errors\n\nMade from \`src/errors.ts\` by \`npm run build:errors\`.\n${kinds.map(section).join('')}`;
}

function section(kind: ErrorKind): string {
  const rows = Object.entries(errorTable)
    .filter(([, entry]) => entry.kind === kind)
    .map(([code, { meaning }]) => `| \`${code}\` | ${meaning} |`);
  return `\n## Exit code ${exitCodes[kind]}: ${actors[kind]}\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n`;
}
