import { type ErrorCode, errorKinds, errorTable, MillraceError } from '../errors.ts';
import { formatError, position } from '../sql/format-error.ts';

/** An error as an answer: https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  /** The page that explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string;
  /** The id of the statement that this request has submitted, or may have. */
  readonly statement?: string;
  /** In the SQL of the request, from 1. */
  readonly position?: { readonly line: number; readonly column: number };
  /** The place as a person reads it, with a caret. */
  readonly excerpt?: string;
  readonly related?: Omit<Problem, 'type' | 'title' | 'status' | 'excerpt' | 'related' | 'statement'>[];
}

export const problemType = 'application/problem+json; charset=utf-8';

/**
 * @param source the SQL of the request; null: there was none
 * @param statement the id of what was being submitted, or was; null: nothing
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

/** Whoever has no answer knows where to ask instead of submitting twice. */
function submittedAs(statement: string) {
  return {
    statement,
    hint: `the statement may have been accepted: ask GET /v1/statements/${statement} before you submit it again`,
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

/** What Fastify and its plugins throw, in our words; everything else is a defect, of which nothing is shown. */
export function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const { statusCode = 500, message = '' } = Object(error) as { statusCode?: number; message?: string };
  if (statusCode === 413) return new MillraceError('REQUEST_TOO_LARGE', message);
  if (statusCode === 429) return new MillraceError('TOO_MANY_REQUESTS', message);
  if (statusCode >= 400 && statusCode < 500) return new MillraceError('REQUEST_INVALID', message);
  return new MillraceError('INTERNAL', 'internal error', {
    hint: "please report it with the request's id; the server's log says more",
    cause: error,
  });
}
