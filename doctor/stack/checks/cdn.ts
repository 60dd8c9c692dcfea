/** Checks of the CDN, of the keys that sign its links, and of names and certificates. */
import { listOf, type StackCheck } from '../facts/check.ts';
import { type CdnFacts, type DomainLookup, on, type StackFacts } from '../facts/facts.ts';
import { compare, type Judgement, notChecked, ok, skipped, wrong } from '../facts/report.ts';

const KEYS = 'Keys of the CDN';
const NAMES = 'Names and certificates';
const DAY_MS = 86_400_000;
/** ACM renews 60 days before the end; a certificate that is older was not renewed. */
const CERTIFICATE_DAYS = 30;
/** The rotation runs every hour, so a step that is due for longer failed at least twice. */
const OVERDUE_MS = 3 * 3_600_000;
/** Of one key that rotates in, while the one before it has not left. */
const SPARE_PUBLIC_KEYS = 1;

const withCdn =
  (judge: (cdn: CdnFacts, facts: StackFacts) => Judgement) =>
  (facts: StackFacts): Judgement =>
    facts.cdn === undefined ? skipped('links point to the bucket itself') : judge(facts.cdn, facts);

export const CDN_CHECKS: readonly StackCheck[] = [
  {
    id: 'cdn-trust',
    group: KEYS,
    check: 'the distribution is enabled, and trusts the key group of the stack alone',
    weight: 'fault',
    todo: 'set the key group back in the default behaviour of the distribution; an added group can sign links to every package',
    judge: withCdn((cdn) =>
      on(cdn.enabled, (enabled) =>
        on(cdn.trustedKeyGroups, (groups) =>
          enabled
            ? compare(listOf(groups), cdn.keyGroupId)
            : wrong('the distribution is disabled', 'enabled'),
        ),
      ),
    ),
  },
  {
    id: 'cdn-signing-key',
    group: KEYS,
    check: 'the keyring has a key that signs, and the key group trusts it',
    weight: 'fault',
    todo: 'stowage cdn-keys show --stack NAME, then docs/runbook.md, Rotation of the keys',
    judge: withCdn((cdn) =>
      on(cdn.keyring, ({ keys }) =>
        on(cdn.groupKeyIds, (trusted) => {
          const signing = keys.find(({ state }) => state === 'signing');
          if (signing === undefined) return wrong('no key signs', 'one key that signs');
          if (!signing.isReadable)
            return wrong(`${signing.name} signs, and is damaged`, 'a key that can be read');
          if (signing.keyId === undefined || !trusted.includes(signing.keyId)) {
            return wrong(
              `${signing.keyId ?? signing.name} signs, the group trusts ${listOf(trusted)}`,
              'the key that signs is in the group',
            );
          }
          return ok(`${signing.keyId} signs`);
        }),
      ),
    ),
  },
  {
    id: 'cdn-strangers',
    group: KEYS,
    check: 'every key that is trusted is in the keyring',
    weight: 'fault',
    todo: 'its owner can sign links to every package: remove it from the key group, unless you know it',
    judge: withCdn((cdn) =>
      on(cdn.keyring, ({ keys }) =>
        on(cdn.groupKeyIds, (trusted) => {
          const strangers = trusted.filter((id) => !keys.some(({ keyId }) => keyId === id));
          return strangers.length === 0
            ? ok(`${trusted.length} trusted`)
            : wrong(`not in the keyring: ${strangers.join(', ')}`, 'no other key');
        }),
      ),
    ),
  },
  {
    id: 'cdn-key-step',
    group: KEYS,
    check: 'the rotation does what is due',
    weight: 'fault',
    todo: 'read the log of the rotation function; docs/runbook.md, Rotation of the keys',
    judge: withCdn((cdn, { now }) =>
      on(cdn.keyring, ({ next, unreadable }) => {
        if (unreadable > 0)
          return wrong(`${unreadable} entries that cannot be read`, 'a keyring that can be read');
        const text = `${next.kind} is due ${next.dueAt}`;
        return now.getTime() - Date.parse(next.dueAt) > OVERDUE_MS
          ? wrong(text, 'done within 3 hours')
          : ok(text);
      }),
    ),
  },
  {
    id: 'cdn-key-quota',
    group: KEYS,
    check: 'the account has room for the next key of the rotation',
    weight: 'advice',
    todo: 'ask for more public keys and key groups of CloudFront (Service Quotas in us-east-1), or remove unused ones',
    judge: withCdn((cdn) =>
      on(cdn.publicKeys, (keys) =>
        on(cdn.keyGroups, (groups) =>
          on(cdn.quotas, (quotas) => {
            if (quotas.publicKeys === undefined)
              return notChecked('Service Quotas has no quota of CloudFront for public keys');
            const most = quotas.keyGroups ?? 'an unknown number of';
            const found = `${keys} of ${quotas.publicKeys} public keys, ${groups} of ${most} key groups`;
            return quotas.publicKeys - keys < SPARE_PUBLIC_KEYS
              ? wrong(found, `room for ${SPARE_PUBLIC_KEYS} more public key`)
              : ok(found);
          }),
        ),
      ),
    ),
  },
  {
    id: 'certificates',
    group: NAMES,
    check: 'certificates are issued, and do not expire soon',
    weight: 'fault',
    todo: 'ACM renews what is validated by DNS while its record is there: restore the CNAME; import others again',
    judge: ({ certificates, now }) =>
      on(certificates, (all) => {
        if (all.length === 0) return skipped('no custom domain has a certificate');
        const bad = all.filter(
          ({ status, expiresAt }) =>
            status !== 'ISSUED' || daysLeft(expiresAt, now) < CERTIFICATE_DAYS,
        );
        const text = (one: (typeof all)[number]) =>
          `${one.domain}: ${one.status}, ${Math.floor(daysLeft(one.expiresAt, now))} days left, renewal ${one.renewal}`;
        return bad.length === 0
          ? ok(all.map(text).join('; '))
          : wrong(bad.map(text).join('; '), `ISSUED, and ${CERTIFICATE_DAYS} days left`);
      }),
  },
  {
    id: 'domains',
    group: NAMES,
    check: 'custom domains lead to the stack',
    weight: 'fault',
    todo: 'make a CNAME (or an alias record) of the domain with that target',
    judge: ({ domains }) => {
      const found = (kind: DomainLookup['kind']) =>
        domains.filter(({ leadsTo }) => leadsTo.kind === kind);
      const astray = [...found('nothing'), ...found('elsewhere')];
      if (astray.length > 0)
        return wrong(
          astray.map(({ name, leadsTo }) => `${name} leads to ${placeOf(leadsTo)}`).join('; '),
          astray.map(({ name, target }) => `${name} leads to ${target}`).join('; '),
        );
      const [unclear] = found('unclear');
      if (unclear !== undefined) return notChecked(`${unclear.name}: ${placeOf(unclear.leadsTo)}`);
      if (found('offline').length > 0)
        return skipped('no name can be looked up here: there is no network, or no resolver');
      if (domains.length === 0) return skipped('there is no custom domain');
      return ok(listOf(domains.map(({ name }) => name)));
    },
  },
];

function placeOf(lookup: DomainLookup): string {
  return 'to' in lookup ? lookup.to : lookup.kind;
}

function daysLeft(expiresAt: Date | undefined, now: Date): number {
  return expiresAt === undefined ? 0 : (expiresAt.getTime() - now.getTime()) / DAY_MS;
}
