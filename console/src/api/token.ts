const key = 'millrace-token';

type Listener = (reason: string) => void;

let listener: Listener | null = null;
let waiting: PromiseWithResolvers<void> | null = null;

/** The token lives as long as the tab: other tabs and later visits do not have it. */
export const token = (): string | null => sessionStorage.getItem(key);

export const hasToken = (): boolean => token() !== null;

export function forgetToken(): void {
  sessionStorage.removeItem(key);
}

/** Shows the dialog when a token is needed. @returns what ends this */
export function onTokenNeeded(shown: Listener): () => void {
  listener = shown;
  return () => {
    listener = null;
  };
}

/** Resolves when the user has given a token. All requests that were refused wait for the same. */
export function needToken(reason: string): Promise<void> {
  if (waiting === null) {
    waiting = Promise.withResolvers();
    listener?.(reason);
  }
  return waiting.promise;
}

export function giveToken(given: string): void {
  sessionStorage.setItem(key, given);
  waiting?.resolve();
  waiting = null;
}
