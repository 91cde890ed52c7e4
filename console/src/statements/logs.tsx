import { useEffect, useRef, useState } from 'preact/hooks';
import { logText } from '../../../src/cli/log-text.ts';
import { followLogs, type LogLine } from '../api/statements.ts';
import { Notice } from '../design/notice.tsx';

/** The newest lines that are kept. */
const most = 5000;

/** Logs of the workers, which follow until the statement ends. */
export function Logs({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <h2 class="inline">Logs</h2>
      </summary>
      {isOpen && <Lines id={id} />}
    </details>
  );
}

function Lines({ id }: { readonly id: string }) {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [isEnded, setEnded] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const ending = new AbortController();
    read(ending.signal);
    return () => ending.abort();
  }, [id]);
  useEffect(() => {
    const shown = box.current;
    if (atEnd.current && shown !== null) shown.scrollTop = shown.scrollHeight;
  }, [lines.length]);

  /** Lines that arrive together are shown together. */
  async function read(signal: AbortSignal) {
    let arrived: LogLine[] = [];
    const show = () => {
      const shown = arrived;
      arrived = [];
      if (!signal.aborted) setLines((before) => [...before, ...shown].slice(-most));
    };
    try {
      for await (const line of followLogs(id, signal)) {
        if (arrived.length === 0) requestAnimationFrame(show);
        arrived.push(line);
      }
      setEnded(true);
    } catch (caught) {
      if (!signal.aborted) setError(caught);
    }
  }
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    atEnd.current = scrollTop + clientHeight > scrollHeight - 20;
  };
  return (
    <div class="stack">
      {error !== null && <Notice error={error} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
      <div ref={box} class="panel logs" role="log" aria-label="Logs" tabIndex={0} onScroll={onScroll}>
        {lines.map((line, index) => (
          <div key={index}>{logText(line)}</div>
        ))}
        {lines.length === 0 && <span class="muted">{isEnded ? 'Nothing was logged.' : 'Waiting for lines …'}</span>}
      </div>
    </div>
  );
}
