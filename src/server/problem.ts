import { type ErrorCode, errorKinds, errorTable, MillraceError } from '../errors.ts';
import { formatError, position } from '../sql/format-error.ts';

/** An error as an HTTP response: https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  /** The page that explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string;
  /** Id of the statement that this request submitted or may have submitted. */
  readonly statement?: string;
  /** Position in the SQL of the request, from 1. */
  readonly position?: { readonly line: number; readonly column: number };
  /** The line of the SQL, with a caret at the position. */
  readonly excerpt?: string;
  readonly related?: Omit<Problem, 'type' | 'title' | 'status' | 'excerpt' | 'related' | 'statement'>[];
}

export const problemType = 'application/problem+json; charset=utf-8';

/**
 * @param source the SQL of the request; null: it has none
 * @param statement id of the statement that may have been submitted; null: none
 */
export function problemOf(error: MillraceError, source: string | null, statement: string | null = null): Problem {
  const { code } = error;
  const { meaning } = errorTable[code];
  const status = errorTable[code].status ?? errorKinds.internal.status;
  return {
    type: `/docs/errors#${code.toLowerCase()}`,
    title: meaning,
    status,
    ...partsOf(error, source),
    ...(statement !== null && status >= 500 && submittedAs(statement)),
    ...(error.span !== undefined && source !== null && { excerpt: formatError(error, source, 'sql').trimEnd() }),
    ...(error.related.length > 0 && { related: error.related.map((each) => partsOf(each, source)) }),
  };
}

/** Lets a client look the statement up instead of submitting it twice. */
function submittedAs(statement: string) {
  return {
    statement,
    hint: `the statement may have been accepted: look up ${statement} before you submit it again`,
  };
}

function partsOf({ code, message, hint, span }: MillraceError, source: string | null) {
  return {
    detail: message,
    code,
    hint,
    ...(span !== undefined && source !== null && { position: position(source, span.start) }),
  };
}

/** Converts errors of Fastify and its plugins. Every other error is a defect, whose details are not shown. */
export function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const { statusCode = 500, message = '' } = Object(error) as { statusCode?: number; message?: string };
  if (statusCode === 413) return new MillraceError('REQUEST_TOO_LARGE', message);
  if (statusCode === 429) return new MillraceError('TOO_MANY_REQUESTS', message);
  if (statusCode >= 400 && statusCode < 500) return new MillraceError('REQUEST_INVALID', message);
  return new MillraceError('INTERNAL', 'internal error', {
    hint: "report it with the request's id; the server's log has the details",
    cause: error,
  });
}
