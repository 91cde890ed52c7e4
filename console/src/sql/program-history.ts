/** Programs that the user ran in this browser, the newest first. */
const most = 100;

const keyOf = (user: string) => `millrace-history-${user}`;

export function readHistory(user: string): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(user)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

export function remember(user: string, sql: string): void {
  const text = sql.trim();
  if (text === '') return;
  const kept = [text, ...readHistory(user).filter((each) => each !== text)].slice(0, most);
  try {
    localStorage.setItem(keyOf(user), JSON.stringify(kept));
  } catch {
    // The browser's space is full: the history is worth less than the statement that is about to run.
  }
}

export function forgetHistory(user: string): void {
  localStorage.removeItem(keyOf(user));
}

const draftKey = 'millrace-draft';

/** The text of the editor lives as long as the tab. */
export const readDraft = (): string => sessionStorage.getItem(draftKey) ?? '';
export const keepDraft = (text: string): void => sessionStorage.setItem(draftKey, text);
