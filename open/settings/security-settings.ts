/** The settings of /.well-known/security.txt, which says where to report a security problem. */
import type { SecurityContact } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { SettingsReader } from './settings-reader.ts';

export const SECURITY_ENV = {
  securityContact: 'SECURITY_CONTACT',
  securityPolicy: 'SECURITY_POLICY',
  securityLanguages: 'SECURITY_LANGUAGES',
} as const;

/** A language tag in the usual forms of RFC 5646. */
const LANGUAGE = '[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*';
const LANGUAGES = new RegExp(`^${LANGUAGE}(?:, *${LANGUAGE})*$`);

/** @returns undefined if the service has no security.txt */
export function readSecurityContact(reader: SettingsReader): SecurityContact | undefined {
  const contact = reader.text(SECURITY_ENV.securityContact, asContact, 'a mailto: or https: URI');
  const policy = reader.text(SECURITY_ENV.securityPolicy, asHttps, 'an https: URI');
  const languages = reader.text(
    SECURITY_ENV.securityLanguages,
    (text) => (LANGUAGES.test(text) ? text : undefined),
    'languages such as en, de',
  );
  if (!reader.has(SECURITY_ENV.securityContact)) {
    for (const name of [SECURITY_ENV.securityPolicy, SECURITY_ENV.securityLanguages]) {
      if (reader.has(name))
        reader.fault(name, 'a value', `nothing while ${SECURITY_ENV.securityContact} is not set`);
    }
  }
  if (contact === undefined) return undefined;
  return { contact, ...withoutUndefined({ policy, languages }) };
}

/** The contact is one line of the file, so it must not hold a line break. */
function asContact(text: string): string | undefined {
  return /^mailto:[^\s@]+@[^\s@]+$/.test(text) ? text : asHttps(text);
}

function asHttps(text: string): string | undefined {
  return /^https:\/\/[^\s]+$/.test(text) && URL.canParse(text) ? text : undefined;
}
