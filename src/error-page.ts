import { type ErrorEntry, type ErrorKind, errorKinds, errorTable } from './errors.ts';

/** The text of docs/errors.md: every code, grouped by who has to act. */
export function errorPage(): string {
  const kinds = Object.keys(errorKinds) as ErrorKind[];
  return `# Errors

\`npm run build:errors\` generates this page from \`src/errors.ts\`. Every error has a code; the codes are grouped by who has to act.
"Status" is the status of an HTTP answer with this error; an error without one ends a command or a statement. "Retried" marks errors
that may pass without any change: the command line tries again by itself.
${kinds.map(section).join('')}`;
}

function section(kind: ErrorKind): string {
  const { exitCode, action } = errorKinds[kind];
  const rows = Object.entries(errorTable).filter(([, entry]) => entry.kind === kind);
  return `
## Exit code ${exitCode}: ${action}

| code | meaning | what to do | status | retried |
|---|---|---|---|---|
${rows.map(row).join('\n')}
`;
}

function row([code, { meaning, hint, status, mayPass }]: readonly [string, ErrorEntry]): string {
  return `| \`${code}\` | ${escaped(meaning)} | ${escaped(hint)} | ${status ?? ''} | ${mayPass ? 'yes' : ''} |`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
