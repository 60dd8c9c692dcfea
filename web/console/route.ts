/** Which view is shown: the part of the address after `#`. It holds names, and never a secret. */
import { useEffect, useState } from 'preact/hooks';

/** `#/versions/1.4.0` is `['versions', '1.4.0']`. */
export type Route = readonly string[];

export function hrefOf(...route: Route): string {
  return `#/${route.map(encodeURIComponent).join('/')}`;
}

export function go(...route: Route): void {
  location.hash = hrefOf(...route);
}

function currentRoute(): Route {
  try {
    return location.hash
      .replace(/^#?\/?/, '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    return [];
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const follow = () => setRoute(currentRoute());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
