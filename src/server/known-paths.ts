import type { App } from './context.ts';

/** The methods that a path supports; empty: the path does not exist. */
export type MethodsAt = (url: string) => readonly string[];

/** Collects the routes that are added to the app afterwards. */
export function collectPaths(app: App): MethodsAt {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const each of [method].flat()) methods.add(each);
  });
  return (url) => {
    const path = (url.split('?', 1)[0] ?? '').split('/');
    const matching = [...routes].filter(([pattern]) => matches(pattern.split('/'), path));
    return [...new Set(matching.flatMap(([, methods]) => [...methods]))].toSorted();
  };
}

/** `:name` matches one segment of a path, `*` all that follow. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const rest = pattern.indexOf('*');
  const parts = rest === -1 ? pattern : pattern.slice(0, rest);
  if (rest === -1 ? parts.length !== path.length : path.length < parts.length) return false;
  return parts.every((part, index) => (part.startsWith(':') ? path[index] !== '' : part === path[index]));
}
