/** Finds variables of the environment that look like a setting and are none. */
import { ENV } from './env.ts';
import type { Environment } from './settings-reader.ts';

export interface LikelyMistake {
  readonly name: string;
  /** The setting that is most like it. */
  readonly meant: string;
}

/** Names of one word, such as HOSTNAME, belong to shells and containers too often. */
const SEVERAL_WORDS = /^[A-Z0-9]+_[A-Z0-9_]+$/;
/** The SDK and the command read variables of their own. */
const OF_OTHERS = /^(?:AWS_|NODE_|STOWAGE_(?:URL|TOKEN)$)/;
const OWN_PREFIX = /^STOWAGE_/;
const LEAST_LIKENESS = 0.5;

export function likelyMistakes(env: Environment): readonly LikelyMistake[] {
  const known: ReadonlySet<string> = new Set(Object.values(ENV));
  const candidates = [...known].filter((one) => SEVERAL_WORDS.test(one));
  return Object.entries(env).flatMap(([name, value]) => {
    if (!value || known.has(name) || OF_OTHERS.test(name)) return [];
    const meant = nearest(name.toUpperCase().replace(OWN_PREFIX, ''), candidates);
    return meant === undefined ? [] : [{ name, meant }];
  });
}

/** Among names that are alike, the one that begins alike for longer is more likely meant. */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (!SEVERAL_WORDS.test(name)) return undefined;
  const rank = (one: string) => likenessOf(name, one) + commonStart(name, one) / name.length;
  return candidates
    .filter((one) => likenessOf(name, one) >= LEAST_LIKENESS)
    .toSorted((one, other) => rank(other) - rank(one))[0];
}

/** From 0 to 1: the share of the pairs of letters that both have (Dice). They begin alike, or 0. */
function likenessOf(one: string, other: string): number {
  if (one.slice(0, 2) !== other.slice(0, 2)) return 0;
  const pairs = pairsOf(one);
  const others = pairsOf(other);
  const shared = [...pairs].filter((pair) => others.has(pair)).length;
  return (2 * shared) / (pairs.size + others.size);
}

function commonStart(one: string, other: string): number {
  const end = Array.from(one).findIndex((letter, index) => letter !== other[index]);
  return end === -1 ? one.length : end;
}

function pairsOf(text: string): Set<string> {
  return new Set(Array.from(text.slice(1), (letter, index) => `${text[index]}${letter}`));
}
