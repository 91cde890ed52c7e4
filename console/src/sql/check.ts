import type { Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import { type Problem, RequestError } from '../api/request.ts';
import { explain } from '../api/statements.ts';

/** What the server says of a text before it runs. */
export interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  /** null: it may run */
  readonly problem: string | null;
  /** Whether the user's role may not run it. */
  readonly isForbidden: boolean;
}

const allowed: Checked = { diagnostics: [], problem: null, isForbidden: false };

/** Parses the program in the browser, then asks the server to plan it: names of tables and models, rights of the user. */
export async function check(document: Text, datasource: string | undefined): Promise<Checked> {
  const text = document.toString();
  if (text.trim() === '') return allowed;
  const { faultsOf } = await import('./language.ts');
  const faults = faultsOf(text);
  if (faults.length > 0) {
    const diagnostics = faults.map(({ message, hint, span }) => ({
      ...(span === null ? wordAt(document, 0) : nonEmpty(document, span.start, span.end)),
      severity: 'error' as const,
      message: withHint(message, hint),
    }));
    return { diagnostics, problem: faults[0]!.message, isForbidden: false };
  }
  try {
    await explain({ sql: text, datasource });
    return allowed;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { detail, status } = error.problem;
    return { diagnostics: diagnosticsOf(document, error.problem), problem: detail, isForbidden: status === 403 };
  }
}

/** The places of an error of the server. */
export function diagnosticsOf(document: Text, problem: Problem): readonly Diagnostic[] {
  return [problem, ...(problem.related ?? [])].flatMap(({ position, detail, hint }) =>
    position === undefined
      ? []
      : [
          {
            ...wordAt(document, offsetOf(document, position)),
            severity: 'error' as const,
            message: withHint(detail, hint),
          },
        ],
  );
}

const withHint = (message: string, hint: string) => (hint === '' ? message : `${message}\n${hint}`);

/** Columns of the server count code points. */
function offsetOf(document: Text, { line, column }: { readonly line: number; readonly column: number }): number {
  const { from, text } = document.line(Math.min(line, document.lines));
  return from + [...text].slice(0, column - 1).join('').length;
}

/** The word that starts at an offset: the server names only its beginning. */
function wordAt(document: Text, offset: number): { readonly from: number; readonly to: number } {
  const line = document.lineAt(Math.min(offset, document.length));
  const rest = line.text.slice(offset - line.from);
  const word = /^(?:"[^"]*"|'[^']*'|`[^`]*`|[\w$.@/:-]+|.)/u.exec(rest)?.[0] ?? '';
  return nonEmpty(document, offset, offset + word.length);
}

/** An empty place is shown at the character before it. */
function nonEmpty(document: Text, from: number, to: number): { readonly from: number; readonly to: number } {
  const end = Math.min(Math.max(to, from), document.length);
  return end > from ? { from, to: end } : { from: Math.max(0, Math.min(from, document.length) - 1), to: end };
}
