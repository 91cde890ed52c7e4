import './notice.css';
import { RequestError } from '../api/request.ts';

/** An error as the server explains it: what, where, what to do. */
export function Notice({ error }: { readonly error: unknown }) {
  if (!(error instanceof RequestError)) {
    return (
      <div class="notice" role="alert">
        <p>The console made an error: {error instanceof Error ? error.message : String(error)}</p>
      </div>
    );
  }
  const { code, detail, hint, excerpt } = error.problem;
  return (
    <div class="notice" role="alert">
      {excerpt === undefined ? <p>{detail}</p> : <pre class="notice-excerpt">{excerpt}</pre>}
      <p class="notice-hint">
        {excerpt === undefined && hint}{' '}
        <a href={`/docs/errors#${code.toLowerCase()}`} target="_blank" rel="noreferrer">
          {code}
        </a>
      </p>
    </div>
  );
}
