/** Orders version numbers as far as checks need it: which entries of a feed are the newest. */

/** Negative where `a` is older. A prerelease (`1.0.0-beta`) is older than its release; `+build` does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  const main = compareParts(left.main, right.main, 0);
  if (main !== 0) return main;
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  return compareParts(left.pre, right.pre, undefined);
}

/** The newest of some versions; '' of none. */
export function newestOf(versions: readonly string[]): string {
  const [first = '', ...others] = versions;
  return others.reduce((newest, one) => (compareVersions(one, newest) > 0 ? one : newest), first);
}

interface Parts {
  readonly main: readonly string[];
  readonly pre: readonly string[];
}

function partsOf(version: string): Parts {
  const [plain = ''] = version.replace(/^v/i, '').split('+');
  const dash = plain.indexOf('-');
  const main = dash < 0 ? plain : plain.slice(0, dash);
  const pre = dash < 0 ? [] : plain.slice(dash + 1).split(/[.-]/);
  return { main: main.split('.'), pre };
}

/** @param missing counts for a part that one side lacks; undefined: the shorter side is older */
function compareParts(
  left: readonly string[],
  right: readonly string[],
  missing: number | undefined,
): number {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]];
    if (missing === undefined && (one === undefined || other === undefined))
      return left.length - right.length;
    const order = comparePart(one ?? String(missing), other ?? String(missing));
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(one: string, other: string): number {
  const areNumbers = [one, other].map((part) => /^\d+$/.test(part));
  if (areNumbers.every(Boolean)) return Math.sign(Number(one) - Number(other));
  if (areNumbers.some(Boolean)) return areNumbers[0] ? -1 : 1;
  return one < other ? -1 : Number(one > other);
}
