/**
 * Which changes of records are events of the audit, and what each says. Every catalog asks here when
 * it writes, so that no change is missed. No event holds a secret.
 */
import type { ChannelName, PackageRef, VersionId } from '../names.ts';
import type {
  AuditEvent,
  ChannelRecord,
  LinkRecord,
  PackageChange,
  TokenRecord,
  TrustRule,
  VersionChange,
  VersionRecord,
} from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { currentActor } from './actor.ts';

type Change = Omit<AuditEvent, 'at' | 'who' | 'requestId'> & { readonly who?: string };

/** The event of a change that the actor of the moment makes. */
function by(at: Date, { who, action, detail, ...subject }: Change): AuditEvent {
  const actor = currentActor();
  const whole = { ...detail, ...actor.detail };
  return {
    at: at.toISOString(),
    who: who ?? actor.who,
    action,
    ...subject,
    requestId: actor.requestId,
    ...(Object.keys(whole).length > 0 && { detail: withoutUndefined(whole) }),
  };
}

/** @returns undefined for a step of an upload, and for what readers do not notice */
export function packageEvent(
  at: Date,
  { versionId, packageId }: PackageRef,
  { state, yankedAt, yankReason }: PackageChange,
): AuditEvent | undefined {
  const subject = { versionId, packageId };
  switch (state) {
    case 'available':
      return by(at, {
        action: yankedAt === null ? 'restorePackage' : 'publishPackage',
        ...subject,
      });
    case 'yanked':
      return by(at, {
        ...{ action: 'yankPackage', ...subject },
        ...(yankReason && { detail: { reason: yankReason } }),
      });
    case 'deleted':
      return by(at, { action: 'deletePackage', ...subject });
    default:
      return undefined;
  }
}

export function newVersionEvent(at: Date, record: VersionRecord): AuditEvent {
  const { versionId, draft, minVersion } = record;
  return by(at, { action: 'putVersion', versionId, detail: { draft: draft === true, minVersion } });
}

/** @returns undefined for the steps before a seal */
export function versionEvent(
  at: Date,
  versionId: VersionId,
  change: VersionChange,
): AuditEvent | undefined {
  if (change.sealedAt !== undefined) return by(at, { action: 'sealVersion', versionId });
  const { sealing: _, draft, minVersion, notes } = change;
  if (draft === undefined && minVersion === undefined && notes === undefined) return undefined;
  const detail = {
    ...(draft !== undefined && { draft: draft === true }),
    ...(minVersion !== undefined && { minVersion }),
    ...(notes !== undefined && { notes: 'changed' }),
  };
  return by(at, { action: 'putVersion', versionId, detail });
}

export function channelEvent(at: Date, record: ChannelRecord): AuditEvent {
  const { channel, versionId, rollout, policy } = record;
  const share = rollout && {
    ...{ versionId: rollout.versionId, percent: rollout.percent },
    ...(rollout.paused && { paused: true }),
  };
  return by(at, {
    action: currentActor().action ?? 'putChannel',
    ...{ channel, versionId },
    detail: withoutUndefined({ public: record.public, policy, rollout: share }),
  });
}

export function channelGoneEvent(at: Date, channel: ChannelName): AuditEvent {
  return by(at, { action: 'deleteChannel', channel });
}

/** A token that was exchanged is made by its job. */
export function newTokenEvent(at: Date, record: TokenRecord): AuditEvent {
  const { tokenId, name, scopes, versions, expiresAt, upload, origin, createdBy } = record;
  const detail = withoutUndefined({ name, scopes: [...scopes], versions, expiresAt, upload });
  // The origin of an upload grant is its maker.
  return origin === undefined || upload !== undefined
    ? by(at, { action: 'createToken', tokenId, detail })
    : by(at, {
        ...{ who: origin, action: 'exchangeToken', tokenId },
        detail: { ...detail, ruleId: createdBy },
      });
}

export function tokenGoneEvent(at: Date, tokenId: string): AuditEvent {
  return by(at, { action: 'deleteToken', tokenId });
}

export function newTrustRuleEvent(at: Date, rule: TrustRule): AuditEvent {
  const { ruleId, name, issuer, scopes, versions } = rule;
  const detail = withoutUndefined({ ruleId, name, issuer, scopes: [...scopes], versions });
  return by(at, { action: 'createTrustRule', detail });
}

export function trustRuleGoneEvent(at: Date, ruleId: string): AuditEvent {
  return by(at, { action: 'deleteTrustRule', detail: { ruleId } });
}

export function newLinkEvent(at: Date, record: LinkRecord): AuditEvent {
  const { linkId, versionId, filename, expiresAt } = record;
  return by(at, { action: 'createLink', versionId, detail: { linkId, filename, expiresAt } });
}

export function linkGoneEvent(at: Date, linkId: string): AuditEvent {
  return by(at, { action: 'deleteLink', detail: { linkId } });
}
