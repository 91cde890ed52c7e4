import { useEffect, useState } from 'preact/hooks';
import { giveToken, onTokenNeeded } from '../api/token.ts';
import { Dialog } from '../design/dialog.tsx';

/** Asks for the token when the server wants one. */
export function TokenDialog() {
  const [reason, setReason] = useState<string | null>(null);
  useEffect(() => onTokenNeeded(setReason), []);
  if (reason === null) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.target as HTMLFormElement).get('token')).trim();
    if (token === '') return;
    setReason(null);
    giveToken(token);
  };
  return (
    <Dialog title="Sign in">
      <form class="stack" onSubmit={submit}>
        <p class="muted">{reason}</p>
        <label class="field">
          <span>Token</span>
          <input name="token" type="password" autocomplete="off" spellcheck={false} required autofocus />
        </label>
        <p class="muted">Kept in this tab until you close it. An administrator creates tokens with millrace token.</p>
        <div class="dialog-buttons">
          <button type="submit" class="button button-primary">
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
