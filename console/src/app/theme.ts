const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'millrace-theme';

/** Event of the window: drawings on a canvas are drawn again. */
export const themeChanged = 'millrace-theme-changed';

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(key);
  return themes.find((theme) => theme === kept) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  applyTheme();
}

/** `design/base.css` follows the system unless the attribute is set. */
export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  window.dispatchEvent(new Event(themeChanged));
}

export const nextTheme = (theme: Theme): Theme => themes[(themes.indexOf(theme) + 1) % themes.length]!;
