/** Checks of the settings of the bucket of packages, except its policy. */
import type { StackCheck } from '../facts/check.ts';
import { listOf } from '../facts/check.ts';
import {
  type CorsRule,
  type Encryption,
  type Fact,
  type LifecycleRule,
  on,
  PUBLIC_ACCESS_BLOCKS,
} from '../facts/facts.ts';
import { compare, type Judgement, ok, skipped, wrong } from '../facts/report.ts';

const GROUP = 'The bucket';
/** CloudFormation writes a property again only when it changed in the template. */
const restore = (command: string) =>
  `find out who changed it (CloudTrail), and put it back with aws s3api ${command}; a deployment does not, unless the setting of the stage changed`;

export const BUCKET_CHECKS: readonly StackCheck[] = [
  {
    id: 'public-access',
    group: GROUP,
    check: 'blocks every kind of public access',
    weight: 'fault',
    todo: restore('put-public-access-block'),
    judge: ({ bucket }) =>
      on(bucket.publicAccessBlocks, (blocks) =>
        compare(
          listOf(PUBLIC_ACCESS_BLOCKS.filter((block) => blocks.includes(block))),
          listOf(PUBLIC_ACCESS_BLOCKS),
        ),
      ),
  },
  {
    id: 'versioning',
    group: GROUP,
    check: 'keeps versions, so that what was deleted can be restored',
    weight: 'fault',
    todo: restore('put-bucket-versioning'),
    judge: ({ bucket }) => on(bucket.versioning, (status) => compare(status, 'Enabled')),
  },
  {
    id: 'lifecycle',
    group: GROUP,
    check: 'removes old versions and stale uploads, and no packages',
    weight: 'fault',
    todo: restore('put-bucket-lifecycle-configuration'),
    judge: ({ bucket, wanted }) =>
      on(bucket.lifecycle, (found) =>
        on(wantedOf(wanted), (own) => judgeLifecycle(found, own?.lifecycle)),
      ),
  },
  {
    id: 'cors',
    group: GROUP,
    check: 'lets pages of the stage call, and no others',
    weight: 'fault',
    todo: `${restore('put-bucket-cors')}. For another origin change corsOrigins of the stage`,
    judge: ({ bucket, wanted }) =>
      on(bucket.cors, (found) =>
        on(wantedOf(wanted), (own) =>
          own === undefined
            ? skipped(`the bucket is not one of the stack; its rules: ${corsText(found)}`)
            : compare(corsText(found), corsText(own.cors)),
        ),
      ),
  },
  {
    id: 'encryption',
    group: GROUP,
    check: 'encrypts as the functions may read and write',
    weight: 'fault',
    todo: `${restore('put-bucket-encryption')}. For a key of your own set bucketKeyArn of the stage, which also grants it`,
    judge: ({ bucket, wanted }) =>
      on(bucket.encryption, (found) =>
        on(wantedOf(wanted), (own) =>
          own === undefined
            ? found === undefined
              ? wrong('no encryption', 'AES256 or aws:kms')
              : ok(encryptionText(found))
            : compare(encryptionText(found), encryptionText(own.encryption)),
        ),
      ),
  },
  {
    id: 'replication',
    group: GROUP,
    check: 'is copied to the replica',
    weight: 'fault',
    todo: 'docs/operations.md, Fail over: enable the rule and versioning of the replica, then copy what was missed with S3 Batch Replication',
    judge: ({ bucket, wanted }) =>
      on(bucket.replication, (rules) =>
        on(wantedOf(wanted), (own) => {
          if (rules.length === 0 && own?.replicates !== true) return skipped('there is no replica');
          if (rules.length === 0) return wrong('no replication rule', 'a rule that is enabled');
          const [rule] = rules.filter(({ enabled }) => enabled);
          if (rule === undefined) return wrong('the rule is disabled', 'a rule that is enabled');
          return on(rule.destinationVersioning, (status) =>
            status === 'Enabled'
              ? ok(`to ${rule.destination}`)
              : wrong(`versioning of ${rule.destination}: ${status}`, 'Enabled'),
          );
        }),
      ),
  },
];

function wantedOf(wanted: Fact<{ readonly bucket: Bucket | undefined }>): Fact<Bucket | undefined> {
  return 'unknown' in wanted ? wanted : { value: wanted.value.bucket };
}

interface Bucket {
  readonly cors: readonly CorsRule[];
  readonly lifecycle: readonly LifecycleRule[];
  readonly encryption: Encryption;
  readonly replicates: boolean;
}

/** A rule that someone added matters only where it removes or moves packages. */
function judgeLifecycle(
  found: readonly LifecycleRule[],
  expected: readonly LifecycleRule[] | undefined,
): Judgement {
  const active = found.filter(({ enabled }) => enabled);
  const harmful = active.find(({ touchesCurrent }) => touchesCurrent !== undefined);
  const text = listOf(active.map(ruleText), 'no rule');
  if (harmful !== undefined) {
    return wrong(
      `rule ${harmful.id} ${harmful.touchesCurrent}`,
      'no rule that removes or archives current objects: each is a package',
    );
  }
  if (expected === undefined) {
    return active.some(({ abortUploadsDays }) => abortUploadsDays !== undefined)
      ? ok(text)
      : wrong(text, 'a rule that aborts stale uploads');
  }
  const missing = expected.some((rule) => !active.map(ruleText).includes(ruleText(rule)));
  return missing ? wrong(text, expected.map(ruleText).join(', ')) : ok(text);
}

function ruleText({ abortUploadsDays, oldVersionDays, touchesCurrent, id }: LifecycleRule): string {
  const parts = [
    abortUploadsDays === undefined ? [] : [`stale uploads end after ${abortUploadsDays} days`],
    oldVersionDays === undefined ? [] : [`old versions go after ${oldVersionDays} days`],
    touchesCurrent === undefined ? [] : [touchesCurrent],
  ].flat();
  return parts.length === 0 ? id : parts.join(' and ');
}

function corsText(rules: readonly CorsRule[]): string {
  const text = ({ origins, methods, exposed }: CorsRule) =>
    `${[...methods].sort().join(' ')} from ${[...origins].sort().join(' ')} exposing ${
      exposed.length === 0 ? 'nothing' : [...exposed].sort().join(' ')
    }`;
  return listOf(rules.map(text).sort(), 'no origin');
}

function encryptionText(encryption: Encryption | undefined): string {
  if (encryption === undefined) return 'no encryption';
  return `${encryption.algorithm}${encryption.bucketKey ? ' with a bucket key' : ''}`;
}
