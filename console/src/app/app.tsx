import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { User } from '../api/catalog.ts';
import { readUser } from '../api/catalog.ts';
import { Notice } from '../design/notice.tsx';
import { followLinks, navigate, usePlace } from './location.ts';
import { Navigation } from './navigation.tsx';
import type { PageProps } from './page-props.ts';
import { matchRoute, type Route } from './routes.ts';
import { TokenDialog } from './token-dialog.tsx';
import { UserContext } from './user.ts';

/** The frame around every page. */
export function App() {
  const { path } = usePlace();
  const [user, setUser] = useState<User | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    readUser().then(setUser, setFailure);
  }, []);
  useEffect(() => {
    if (path === '/') navigate('/sql', { replace: true });
  }, [path]);
  const match = matchRoute(path);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: links within answer to the keyboard
    <div class="app" onClick={followLinks}>
      <a class="skip-link" href="#main">
        Skip to the page
      </a>
      <Navigation section={match?.route.section ?? null} user={user} />
      <TokenDialog />
      <main id="main" tabIndex={-1}>
        {failure !== null && <Notice error={failure} />}
        {user !== null && match !== null && (
          <UserContext.Provider value={user}>
            <Page key={match.route.path} route={match.route} params={match.params} />
          </UserContext.Provider>
        )}
        {match === null && path !== '/' && <NoPage path={path} />}
      </main>
    </div>
  );
}

function Page({ route, params }: { readonly route: Route } & PageProps) {
  const loaded = useRef<ComponentType<PageProps> | null>(null);
  const [state, setState] = useState<'loading' | 'loaded' | Error>('loading');
  useEffect(() => {
    document.title = `${route.title} · Millrace`;
    route.load().then(
      (module) => {
        loaded.current = module.default;
        setState('loaded');
      },
      (error) => setState(error as Error),
    );
  }, [route]);
  if (state === 'loading') return <p class="page muted">Loading …</p>;
  if (state !== 'loaded' || loaded.current === null) return <Reload />;
  const Loaded = loaded.current;
  return <Loaded params={params} />;
}

/** After an update of the server, the files of the old console no longer exist. */
function Reload() {
  return (
    <section class="page">
      <h1>The page could not be loaded</h1>
      <p>The server cannot be reached, or has been updated. Reload the console.</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Reload
      </button>
    </section>
  );
}

function NoPage({ path }: { readonly path: string }) {
  return (
    <section class="page">
      <h1>There is no page {path}</h1>
      <p>
        Go to <a href="/sql">SQL</a> or <a href="/statements">Statements</a>.
      </p>
    </section>
  );
}
