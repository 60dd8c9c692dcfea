/** What a browser says of the computer that it runs on. */

import type { Arch, Os } from '../../core/platforms.ts';
import type { Visitor } from '../../core/reading/for-visitor.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { Headers } from '../chain/call.ts';

/** The request headers that are read here. */
export const VISITOR_HEADERS: readonly string[] = ['Sec-CH-UA-Platform', 'User-Agent'];

/** https://wicg.github.io/ua-client-hints/#sec-ch-ua-platform */
const OS_BY_HINT: Readonly<Record<string, Os>> = {
  android: 'android',
  ios: 'ios',
  linux: 'linux',
  macos: 'macos',
  windows: 'windows',
};

/** In this order: Android names Linux too, and phones of Apple name Mac OS X. */
const OS_BY_AGENT: readonly (readonly [RegExp, Os])[] = [
  [/Android/, 'android'],
  [/iPhone|iPad|iPod/, 'ios'],
  [/Windows/, 'windows'],
  [/Macintosh|Mac OS X/, 'macos'],
  [/FreeBSD/, 'freebsd'],
  [/Linux/, 'linux'],
];

const ARCH_BY_AGENT: readonly (readonly [RegExp, Arch])[] = [
  [/aarch64|arm64/i, 'arm64'],
  [/armv7|armv8l/i, 'armv7'],
  [/x86_64|x64|amd64|WOW64/i, 'x64'],
  [/riscv64/i, 'riscv64'],
  [/i[3-6]86/i, 'x86'],
];

/** Browsers on Macs say Intel on every processor, so the arch of a Mac is not known. */
export function visitorOf(headers: Headers): Visitor {
  const hint = headers['sec-ch-ua-platform']?.replaceAll('"', '').toLowerCase() ?? '';
  const agent = headers['user-agent'] ?? '';
  const hinted = Object.hasOwn(OS_BY_HINT, hint) ? OS_BY_HINT[hint] : undefined;
  const os = hinted ?? firstMatch(OS_BY_AGENT, agent);
  const arch = os === 'macos' ? undefined : firstMatch(ARCH_BY_AGENT, agent);
  return withoutUndefined({ os, arch });
}

function firstMatch<Value>(
  table: readonly (readonly [RegExp, Value])[],
  text: string,
): Value | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}
