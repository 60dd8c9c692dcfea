/** Turns the properties of a Stowage into complete, valid settings, or lists every fault. */
import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { completeSettings } from './stage/read-stage.ts';
import { fault, faultsAmong, faultsOf, type StageFault } from './stage/stage-rules.ts';
import type { StageSettings } from './stage/stage-settings.ts';
import { OF_STAGES_ONLY, type OwnDomain, type StowageProps } from './stowage-props.ts';

const CDN_CERTIFICATES = 'us-east-1';

/** The names that the rules use, and those of the properties. */
const PROPERTIES = [
  [/^apiDomainName/, 'apiDomain.name'],
  [/^cdnDomainName/, 'cdnDomain.name'],
  [/^bucketKeyArn/, 'encryptionKey'],
  [/^replicaRegion/, 'replica.region'],
] as const;

/** @throws Error that lists every fault: the property, what was got, what is allowed */
export function settingsOf(scope: Construct, props: StowageProps): StageSettings {
  const { apiDomain, cdnDomain, replica, bucket, table, encryptionKey, alarmTopic, ...plain } =
    props;
  const region = known(Stack.of(scope).region);
  const written = {
    ...plain,
    apiDomainName: apiDomain?.name,
    cdnDomainName: cdnDomain?.name,
    replicaRegion: known(replica?.region),
    bucketKeyArn: known(encryptionKey?.keyArn),
  };
  const faults: StageFault[] = [
    ...OF_STAGES_ONLY.filter((name) => name in plain).map((name) => `${name}: no such property`),
    ...faultsOf(written),
  ];
  const settings = completeSettings(scope.node.id, {
    ...Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)),
    region,
  });
  if (faults.length === 0) faults.push(...faultsAmong(settings), ...faultsOfParts(props, region));
  // Alarms watch their expiry. Those that are made here are renewed by Certificate Manager.
  const [api, cdn] = [apiDomain?.certificate, cdnDomain?.certificate];
  if (faults.length === 0) {
    return {
      ...settings,
      ...(api === undefined ? {} : { apiCertificateArn: api.certificateArn }),
      ...(cdn === undefined ? {} : { cdnCertificateArn: cdn.certificateArn }),
    };
  }
  throw new Error(
    `the properties of ${scope.node.path} are wrong:\n${faults.map(inProperties).join('\n')}`,
  );
}

/** The faults of what is given as constructs. */
function faultsOfParts(
  {
    apiDomain,
    cdnDomain,
    replica,
    bucket,
    table,
    encryptionKey,
    oldVersionDays,
    events,
  }: StowageProps,
  region: string | undefined,
): readonly StageFault[] {
  const faults = [
    ...certificateFaults('apiDomain', apiDomain, region),
    ...certificateFaults('cdnDomain', cdnDomain, CDN_CERTIFICATES),
  ];
  const mustMake = cdnDomain?.hostedZone !== undefined && cdnDomain.certificate === undefined;
  if (mustMake && region !== CDN_CERTIFICATES) {
    faults.push(
      fault(
        'cdnDomain.certificate',
        undefined,
        `a certificate in ${CDN_CERTIFICATES}, where CloudFront looks for it. It can be made here only in a stack that is there, and this one is in ${region ?? 'no region that is known'}: make it in a stack in ${CDN_CERTIFICATES}, and give both stacks crossRegionReferences`,
      ),
    );
  }
  if (replica !== undefined && encryptionKey !== undefined && settingsHideKey(encryptionKey.keyArn))
    faults.push(
      `replica: nothing is allowed where encryptionKey is set: S3 would not copy what a key of one region encrypts`,
    );
  if (events === true && table !== undefined && table.tableStreamArn === undefined)
    faults.push(
      'table: has no stream that is known, allowed for events: one of NEW_AND_OLD_IMAGES, and its ARN in fromTableAttributes where the table is imported',
    );
  if (bucket === undefined) return faults;
  if (replica !== undefined)
    faults.push(
      'replica: nothing is allowed where bucket is set: copies are a rule of that bucket',
    );
  if (oldVersionDays !== undefined)
    faults.push(
      'oldVersionDays: nothing is allowed where bucket is set: it is a rule of that bucket',
    );
  return faults;
}

function certificateFaults(
  property: 'apiDomain' | 'cdnDomain',
  domain: OwnDomain | undefined,
  needed: string | undefined,
): readonly StageFault[] {
  if (domain === undefined) return [];
  const { certificate, hostedZone } = domain;
  if (certificate === undefined) {
    return hostedZone !== undefined
      ? []
      : [
          fault(
            `${property}.certificate`,
            undefined,
            'a certificate, or a hostedZone to make one in',
          ),
        ];
  }
  const arn = known(certificate.certificateArn);
  const there = arn === undefined ? known(certificate.env.region) : arn.split(':')[3];
  return there === undefined || needed === undefined || there === needed
    ? []
    : [fault(`${property}.certificate`, arn ?? there, `one in ${needed}`)];
}

/** Whether the ARN is known only after a deployment, so that the rules of stages do not see it. */
function settingsHideKey(keyArn: string): boolean {
  return known(keyArn) === undefined;
}

function known(text: string | undefined): string | undefined {
  return text === undefined || Token.isUnresolved(text) ? undefined : text;
}

function inProperties(line: StageFault): string {
  return PROPERTIES.reduce((text, [setting, property]) => text.replace(setting, property), line);
}
