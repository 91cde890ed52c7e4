import type { ComponentType } from 'preact';
import type { PageProps } from './page-props.ts';

export interface Route {
  readonly path: string;
  readonly title: string;
  /** The entry of the navigation that is marked. */
  readonly section: 'sql' | 'statements' | 'models';
  /** Loaded when the page is first opened. */
  load(): Promise<{ readonly default: ComponentType<PageProps> }>;
}

/** Every page of the console. The server answers these paths with index.html: `src/server/routes/console.ts`. */
const routes: readonly Route[] = [
  { path: '/sql', title: 'SQL', section: 'sql', load: () => import('../sql/page.tsx') },
  {
    path: '/statements',
    title: 'Statements',
    section: 'statements',
    load: () => import('../statements/list-page.tsx'),
  },
  {
    path: '/statements/:id',
    title: 'Statement',
    section: 'statements',
    load: () => import('../statements/statement-page.tsx'),
  },
  {
    path: '/statements/:id/pictures',
    title: 'Pictures',
    section: 'statements',
    load: () => import('../pictures/page.tsx'),
  },
  { path: '/models', title: 'Models', section: 'models', load: () => import('../models/list-page.tsx') },
  { path: '/models/:name', title: 'Model', section: 'models', load: () => import('../models/model-page.tsx') },
];

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** @returns null: there is no such page */
export function matchRoute(path: string): Match | null {
  const parts = path.split('/');
  for (const route of routes) {
    const pattern = route.path.split('/');
    if (pattern.length !== parts.length) continue;
    const isMatch = pattern.every((part, index) =>
      part.startsWith(':') ? parts[index] !== '' : part === parts[index],
    );
    if (!isMatch) continue;
    const named = pattern.flatMap((part, index) =>
      part.startsWith(':') ? [[part.slice(1), decoded(parts[index]!)] as const] : [],
    );
    return { route, params: Object.fromEntries(named) };
  }
  return null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
