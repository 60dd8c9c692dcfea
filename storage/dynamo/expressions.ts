/** Writes conditions and changes of the catalog as expressions of DynamoDB. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { PackageRef, VersionId } from '../../core/names.ts';
import type { Expected, ExpectedChannel, ExpectedVersion } from '../../core/ports/catalog.ts';
import type { PackageChange, PackageState, VersionChange } from '../../core/records.ts';
import { attributeOf, type Fields } from './fields.ts';
import { PACKAGE_FIELDS, TOKEN_FIELDS, TRUST_FIELDS, VERSION_FIELDS } from './items.ts';
import { sweepPartition } from './table.ts';

/** The condition of a write. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export interface Update {
  /** The new value of each attribute that is set. */
  readonly set: Readonly<Record<string, AttributeValue>>;
  readonly remove: readonly string[];
}

export const IS_NEW: Condition = {
  ConditionExpression: 'attribute_not_exists(#pk)',
  ExpressionAttributeNames: { '#pk': 'pk' },
};

export const IS_THERE: Condition = {
  ConditionExpression: 'attribute_exists(#pk)',
  ExpressionAttributeNames: { '#pk': 'pk' },
};

/** @param expected with at least one state */
export function asExpected(expected: Expected): Condition {
  const { attemptId, touchedAt, store } = expected;
  const states = stateList(expected.states);
  const isUntouched = touchedAt === undefined ? '' : ' AND #touchedAt = :wasTouchedAt';
  const isInStore = store === undefined ? '' : ' AND #store = :wasStore';
  return {
    ConditionExpression: `#attemptId = :wasAttemptId AND #state IN (${Object.keys(states)})${isUntouched}${isInStore}`,
    ExpressionAttributeNames: {
      '#attemptId': 'attemptId',
      '#state': 'state',
      ...(touchedAt === undefined ? {} : { '#touchedAt': 'touchedAt' }),
      ...(store === undefined ? {} : { '#store': 'store' }),
    },
    ExpressionAttributeValues: {
      ...states,
      ':wasAttemptId': { S: attemptId },
      ...(touchedAt === undefined ? {} : { ':wasTouchedAt': { S: touchedAt } }),
      ...(store === undefined ? {} : { ':wasStore': { S: store } }),
    },
  };
}

/** The values of `#state IN (...)`, by placeholder. */
export function stateList(states: readonly PackageState[]): Record<string, AttributeValue> {
  return Object.fromEntries(states.map((state, index) => [`:state${index}`, { S: state }]));
}

/** Requires these values. An attribute that is undefined must be absent. */
export function hasAttributes(
  attributes: Readonly<Record<string, AttributeValue | undefined>>,
): Condition {
  const entries = Object.entries(attributes);
  const values = entries.flatMap(([name, value]) =>
    value === undefined ? [] : [[`:was_${name}`, value] as const],
  );
  return {
    ConditionExpression: entries
      .map(([name, value]) =>
        value === undefined ? `attribute_not_exists(#${name})` : `#${name} = :was_${name}`,
      )
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
  };
}

export function isChannel({ versionId, updatedAt }: ExpectedChannel): Condition {
  return hasAttributes({
    versionId: { S: versionId },
    ...(updatedAt === undefined ? {} : { updatedAt: { S: updatedAt } }),
  });
}

export function isVersion(versionId: VersionId, { isDraft, sealing }: ExpectedVersion): Condition {
  const draft = isDraft ? attributeOf(VERSION_FIELDS.draft, true) : undefined;
  return hasAttributes({
    sk: { S: versionId },
    draft,
    ...(sealing !== undefined && {
      sealing: sealing === null ? undefined : attributeOf(VERSION_FIELDS.sealing, sealing),
      sealedAt: undefined,
    }),
  });
}

export function pointsAtOrIsGone(versionId: string): Condition {
  const condition = isChannel({ versionId: versionId as VersionId });
  return {
    ...condition,
    ConditionExpression: `attribute_not_exists(#pk) OR ${condition.ConditionExpression}`,
    ExpressionAttributeNames: { ...condition.ExpressionAttributeNames, '#pk': 'pk' },
  };
}

export function changeOf(ref: PackageRef, expected: Expected, change: PackageChange): Update {
  const { set, remove } = updateOf(PACKAGE_FIELDS, change);
  switch (sweepAfter(expected.states, change)) {
    case 'keyed':
      return { set: { ...set, sweep: { S: sweepPartition(ref) } }, remove };
    case 'unkeyed':
      return { set, remove: [...remove, 'sweep'] };
    case 'as it was':
      return { set, remove };
  }
}

export function versionChangeOf(change: VersionChange): Update {
  return updateOf(VERSION_FIELDS, change);
}

/** Sets what has a value, removes what is null, and leaves the rest. */
function updateOf<Rec>(
  fields: Fields<Rec>,
  change: { readonly [Name in keyof Rec]?: unknown },
): Update {
  const set: Record<string, AttributeValue> = {};
  const remove: string[] = [];
  for (const name of Object.keys(change) as (keyof Rec & string)[]) {
    const value = change[name];
    if (value === null) remove.push(name);
    else if (value !== undefined) set[name] = attributeOf(fields[name], value);
  }
  return { set, remove };
}

export function makersOf(makers: readonly string[]): Update {
  return { set: { makers: attributeOf(TOKEN_FIELDS.makers, makers) }, remove: [] };
}

/** Of a rule, whose makers are stored as those of a token. */
export function pinnedTo(pinned: Readonly<Record<string, string>>): Update {
  return { set: { pinned: attributeOf(TRUST_FIELDS.pinned, pinned) }, remove: [] };
}

type SweepKey = 'keyed' | 'unkeyed' | 'as it was';

/**
 * Whether the changed record needs the key of the sweep's index. A change is written without
 * reading the record, so sometimes this can't be decided (the core makes no such change). Then the
 * key is set or kept, and readers of the index leave out finished records.
 */
function sweepAfter(was: readonly PackageState[], change: PackageChange): SweepKey {
  const { state, purging } = change;
  switch (state) {
    case undefined:
      return sweepAfterPurging(was, purging);
    case 'pending':
    case 'verifying':
      return 'keyed';
    case 'deleted':
      return purging === null ? 'unkeyed' : 'keyed';
    default:
      return 'unkeyed';
  }
}

/** The change keeps the state, which is one of `was`. */
function sweepAfterPurging(
  was: readonly PackageState[],
  purging: PackageChange['purging'],
): SweepKey {
  if (purging === true) return was.includes('deleted') ? 'keyed' : 'as it was';
  const mayBeUnderWay = was.includes('pending') || was.includes('verifying');
  return purging === null && !mayBeUnderWay ? 'unkeyed' : 'as it was';
}
