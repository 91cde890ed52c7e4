import { useState } from 'preact/hooks';
import { Dialog } from '../design/dialog.tsx';
import { forgetHistory, readHistory } from './program-history.ts';

interface Props {
  readonly user: string;
  onChoose(sql: string): void;
  onClose(): void;
}

export function HistoryDialog({ user, onChoose, onClose }: Props) {
  const [wanted, setWanted] = useState('');
  const kept = readHistory(user);
  const found = kept.filter((sql) => sql.toLowerCase().includes(wanted.toLowerCase()));
  const choose = (sql: string) => {
    onClose();
    onChoose(sql);
  };
  const forget = () => {
    forgetHistory(user);
    onClose();
  };
  return (
    <Dialog title="History" onClose={onClose}>
      <div class="stack">
        <p class="muted">Programs that you ran in this browser.</p>
        <label class="field">
          <span>Find</span>
          <input type="search" value={wanted} onInput={({ currentTarget }) => setWanted(currentTarget.value)} />
        </label>
        <ul class="sql-history">
          {found.map((sql) => (
            <li key={sql}>
              <button type="button" class="sql-history-entry" onClick={() => choose(sql)}>
                {sql}
              </button>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p>Nothing found.</p>}
        <div class="dialog-buttons">
          <button type="button" class="button button-danger" onClick={forget} disabled={kept.length === 0}>
            Clear
          </button>
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}
