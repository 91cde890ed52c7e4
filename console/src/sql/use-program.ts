import { useEffect, useRef, useState } from 'preact/hooks';
import { RequestError } from '../api/request.ts';
import {
  cancelStatement,
  follow,
  type Program,
  type ResultPage,
  readResult,
  type Statement,
  submit,
} from '../api/statements.ts';
import { hasEnded } from '../statements/states.ts';

export type Run =
  | { readonly phase: 'none' }
  /** null: the server has not answered yet */
  | { readonly phase: 'running'; readonly statement: Statement | null }
  | { readonly phase: 'ended'; readonly statement: Statement; readonly page: ResultPage | null }
  | { readonly phase: 'refused'; readonly error: unknown };

/** Seconds: a short program is answered with its rows. */
const wait = 1;

/** Runs one program after the other, and follows the last. */
export function useProgram(onEnd: () => void) {
  const [run, setRun] = useState<Run>({ phase: 'none' });
  const current = useRef(new AbortController());
  useEffect(() => () => current.current.abort(), []);

  const start = async (program: Program) => {
    current.current.abort();
    current.current = new AbortController();
    const { signal } = current.current;
    const show = (next: Run) => !signal.aborted && setRun(next);
    show({ phase: 'running', statement: null });
    try {
      const { result, ...submitted } = await submit(program, wait);
      if (hasEnded(submitted)) return show({ phase: 'ended', statement: submitted, page: result });
      show({ phase: 'running', statement: submitted });
      const statement = await followToEnd(submitted, signal, (changed) =>
        show({ phase: 'running', statement: changed }),
      );
      show({ phase: 'ended', statement, page: await lastPage(statement) });
    } catch (error) {
      if (!signal.aborted) show({ phase: 'refused', error });
    } finally {
      if (!signal.aborted) onEnd();
    }
  };
  const cancel = async () => {
    if (run.phase !== 'running' || run.statement === null) return;
    await cancelStatement(run.statement.id).catch((error) => {
      // It may have ended meanwhile, which its events tell.
      if (!(error instanceof RequestError)) throw error;
    });
  };
  return { run, start, cancel };
}

async function followToEnd(
  submitted: Statement,
  signal: AbortSignal,
  show: (statement: Statement) => void,
): Promise<Statement> {
  let last = submitted;
  for await (const change of follow(submitted.id, signal)) {
    if (change.kind === 'state') continue;
    last = change.statement;
    show(last);
  }
  return last;
}

async function lastPage({ id, state, results }: Statement): Promise<ResultPage | null> {
  const last = results.at(-1);
  return state !== 'succeeded' || last === undefined ? null : readResult(id, { step: last.step });
}
