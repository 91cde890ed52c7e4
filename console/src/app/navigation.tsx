import './navigation.css';
import { useState } from 'preact/hooks';
import type { User } from '../api/catalog.ts';
import { forgetToken, hasToken } from '../api/token.ts';
import icon from './icon.svg';
import type { Route } from './routes.ts';
import { chooseTheme, chosenTheme, nextTheme } from './theme.ts';

const sections = [
  { section: 'sql', title: 'SQL', path: '/sql' },
  { section: 'statements', title: 'Statements', path: '/statements' },
  { section: 'models', title: 'Models', path: '/models' },
] as const;

export function Navigation({
  section,
  user,
}: {
  readonly section: Route['section'] | null;
  readonly user: User | null;
}) {
  return (
    <header class="navigation">
      <a class="navigation-name" href="/sql">
        <img src={icon} alt="" width="24" height="24" />
        <span>Millrace</span>
      </a>
      <nav aria-label="Pages">
        {sections.map((each) => (
          <a key={each.section} href={each.path} aria-current={each.section === section ? 'page' : undefined}>
            {each.title}
          </a>
        ))}
      </nav>
      <div class="navigation-end">
        <a class="navigation-docs" href="/docs" target="_blank" rel="noreferrer">
          API
        </a>
        <ThemeSwitch />
        {user !== null && <Account user={user} />}
      </div>
    </header>
  );
}

const themeSigns = { system: '◐', light: '☀', dark: '☾' };

function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme);
  const next = nextTheme(theme);
  const change = () => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="button button-quiet" title={`Colours: ${theme}`} onClick={change}>
      <span aria-hidden="true">{themeSigns[theme]}</span>
      <span class="visually-hidden">
        Colours: {theme}. Change to {next}
      </span>
    </button>
  );
}

function Account({ user }: { readonly user: User }) {
  const signOut = () => {
    forgetToken();
    location.reload();
  };
  return (
    <span class="navigation-account">
      <span title={`role: ${user.role}`}>
        {user.name} <span class="muted">{user.role}</span>
      </span>
      {hasToken() && (
        <button type="button" class="button button-quiet" onClick={signOut}>
          Sign out
        </button>
      )}
    </span>
  );
}
