/** The security headers of the console's files. */
import { CONSOLE_HEADERS, consolePolicy } from '../../core/console.ts';

/** @param connectTo the origins, beside its own, to which the console may send requests */
export function consoleHeaders(connectTo: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy': consolePolicy(connectTo),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    ...CONSOLE_HEADERS,
  };
}
