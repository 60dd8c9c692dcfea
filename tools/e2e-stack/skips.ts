/** Which tests say nothing about a stage, and why. */
import type { StageFacts } from './stage-facts.ts';

/** Tests by name. test/tools/e2e-stack checks that there are such tests. */
const NEEDS_NO_EVENTS =
  'a file whose publisher and whose event were lost is published by the sweep';
const OF_THIS_RELEASE = 'it describes itself as openapi.json says';
const CALLED_BY_PAGES = 'a page of the configured origin may call';
const SENT_BY_PAGES = 'a page of the configured origin may send to the store';
const NEED_PRIVATE_DOWNLOADS = [
  'no one gets in without a token, or with one that was never made',
  'a token of one version opens no other',
  'the token is the password of Basic on public paths, and of no other',
];
const NEED_CDN = [
  'a key with + leads through the CDN to its bytes',
  'a link whose file an edge has cached stops after a yank, and opens again on restore',
  'the invalidation of a yank completes',
  'the CDN trusts every key of the keyring, and no other',
  'a rotation of the keys refuses no link',
];

const NEED_CONSOLE = [
  'the console is at its address, with the scripts and styles that it loads',
  'its page names this service, which its host may call',
  'its host may send to the store',
];

/** @param ownRelease of this checkout */
export function skipsFor(
  { hasCdn, hasConsole, publicDownloads, corsOrigin, release }: StageFacts,
  ownRelease: string,
): Readonly<Record<string, string>> {
  const skips: Record<string, string> = {
    [NEEDS_NO_EVENTS]: 'it would switch off the events of the stage for everybody',
  };
  const skip = (tests: readonly string[], why: string) => {
    for (const test of tests) skips[test] = why;
  };
  if (release !== ownRelease)
    skip([OF_THIS_RELEASE], `the stack runs ${release}, this checkout is ${ownRelease}`);
  if (corsOrigin === undefined)
    skip([CALLED_BY_PAGES, SENT_BY_PAGES], 'the stage has no corsOrigins');
  if (corsOrigin === '*') skip([CALLED_BY_PAGES], 'corsOrigins of the stage is *');
  if (publicDownloads) skip(NEED_PRIVATE_DOWNLOADS, 'publicDownloads of the stage is true');
  if (!hasCdn) skip(NEED_CDN, 'downloads of the stage is s3');
  if (!hasConsole) skip(NEED_CONSOLE, 'the stage has no console');
  return skips;
}
