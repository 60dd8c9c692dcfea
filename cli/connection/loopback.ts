/** Which URLs lead to this machine, in any network. */

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function isLoopback(url: string): boolean {
  return LOOPBACK.has(new URL(url).hostname);
}

/** Whether two URLs lead to the same service. All loopback names of this machine count as equal. */
export function sameService(left: string, right: string): boolean {
  if (!URL.canParse(left) || !URL.canParse(right)) return false;
  const [a, b] = [new URL(left), new URL(right)];
  const sameHost =
    a.host === b.host || (isLoopback(left) && isLoopback(right) && a.port === b.port);
  return a.protocol === b.protocol && sameHost;
}
