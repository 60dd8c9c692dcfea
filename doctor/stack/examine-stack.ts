/** Checks a deployed stack: gathers the facts, with rights to read alone, then judges them. */
import type { AwsOptions } from '../../storage/aws/client-options.ts';
import { ALL_CHECKS } from './all-checks.ts';
import { judgeStack } from './facts/check.ts';
import type { Fact, StackFacts, StackResource, Wanted } from './facts/facts.ts';
import { type StackReport, stackReportOf } from './facts/report.ts';
import { mapFact } from './gather/ask.ts';
import { gatherBucket } from './gather/bucket.ts';
import { type CdnReach, type GatheredCdn, gatherCdn } from './gather/cdn.ts';
import { gatherDomains, type Lookup, systemLookup } from './gather/domains.ts';
import {
  gatherAlarms,
  gatherCertificates,
  gatherConcurrency,
  gatherDeadLetters,
  gatherFunctions,
  gatherLogGroups,
  gatherTopics,
} from './gather/running.ts';
import { gatherResources, gatherState, gatherWanted, namesOf } from './gather/stack.ts';
import { gatherTable } from './gather/table.ts';

export interface StackExamination {
  /** Where the stack is looked for. */
  readonly aws: AwsOptions;
  /** Where services are for which the package carries no client, by name. @default at AWS */
  readonly endpointOf?: (service: string) => { readonly endpoint?: string };
  /** @default now */
  readonly now?: Date;
  /** Ids of checks to leave out. @default none */
  readonly leftOut?: readonly string[];
  /** @default the resolver of the system */
  readonly lookup?: Lookup;
}

/**
 * @throws ServiceError if there is no such stack, or the credentials may not describe it; the
 *   reason of the signal if it is aborted
 */
export async function examineStack(
  name: string,
  examination: StackExamination,
  signal: AbortSignal,
): Promise<StackReport> {
  const facts = await gatherFacts(name, examination, signal);
  const findings = judgeStack(ALL_CHECKS, facts, examination.leftOut);
  return stackReportOf(name, facts.stack.outputs['Region'] ?? '', findings);
}

async function gatherFacts(
  name: string,
  { aws, endpointOf = () => ({}), now = new Date(), lookup = systemLookup() }: StackExamination,
  signal: AbortSignal,
): Promise<StackFacts> {
  const stack = await gatherState(name, aws);
  const names = namesOf(stack);
  const options = { ...aws, region: names.region };
  const direct = (service: string) => ({ ...options, ...endpointOf(service) });
  const reach = { options, rotation: direct('LAMBDA'), quotas: direct('SERVICE_QUOTAS') };
  const resources = await gatherResources(stack.name, options, signal);
  const namesOfType = (type: string, isMeant: (one: StackResource) => boolean = () => true) =>
    mapFact(resources, (all) => all.filter((one) => one.type === type && isMeant(one)));
  const [wanted, bucket, table, cdn, alarms] = await Promise.all([
    gatherWanted(stack, names, resources, options, signal),
    gatherBucket(names.bucketName, options, signal),
    gatherTable(names.tableName, options, signal),
    cdnOf(stack.outputs, reach, signal),
    then(namesOfType('AWS::CloudWatch::Alarm'), (all) =>
      gatherAlarms(all.map(physicalId), direct('CLOUDWATCH'), signal),
    ),
  ]);
  const [certificates, domains, topics, deadLetters, functions, concurrency, logGroups] =
    await Promise.all([
      then(certificatesOf(stack.outputs, wanted, cdn), (all) =>
        gatherCertificates(all, direct('ACM'), signal),
      ),
      gatherDomains(customDomains(stack.outputs), lookup),
      gatherTopics(alarms, direct('SNS'), signal),
      then(namesOfType('AWS::SQS::Queue', isOfDeadLetters), (all) =>
        gatherDeadLetters(all, options, signal),
      ),
      then(namesOfType('AWS::Lambda::Function'), (all) =>
        gatherFunctions(all.map(physicalId), direct('LAMBDA'), signal),
      ),
      gatherConcurrency(direct('LAMBDA'), signal),
      then(namesOfType('AWS::Logs::LogGroup'), (all) =>
        gatherLogGroups(all.map(physicalId), direct('CLOUDWATCH_LOGS'), signal),
      ),
    ]);
  const around = { certificates, domains, alarms, topics, deadLetters };
  const running = { functions, concurrency, logGroups };
  return { now, stack, wanted, bucket, table, cdn: cdn?.facts, ...around, ...running };
}

type Outputs = Readonly<Record<string, string>>;

async function cdnOf(
  { DistributionId, KeyGroupId, RotateFunction }: Outputs,
  reach: CdnReach,
  signal: AbortSignal,
): Promise<GatheredCdn | undefined> {
  if (DistributionId === undefined) return undefined;
  const keyGroupId = KeyGroupId ?? '';
  const rotateFunction = RotateFunction ?? '';
  return gatherCdn({ distributionId: DistributionId, keyGroupId, rotateFunction }, reach, signal);
}

/** The custom domains of a stack are those for which it has a target. */
function customDomains(outputs: Outputs): Outputs {
  const { ApiUrl = '', ApiDomainTarget, CdnDomain = '', CdnDomainTarget } = outputs;
  return {
    ...(ApiDomainTarget === undefined ? {} : { [new URL(ApiUrl).hostname]: ApiDomainTarget }),
    ...(CdnDomainTarget === undefined ? {} : { [CdnDomain]: CdnDomainTarget }),
  };
}

function certificatesOf(
  { CdnDomain = '' }: Outputs,
  wanted: Fact<Wanted>,
  cdn: GatheredCdn | undefined,
): Fact<readonly (readonly [string, string])[]> {
  if ('unknown' in wanted) return wanted;
  const ofApi = Object.entries(wanted.value.apiCertificates);
  if (cdn === undefined) return { value: ofApi };
  return mapFact(cdn.certificateArn, (arn) =>
    arn === undefined ? ofApi : [...ofApi, [CdnDomain, arn]],
  );
}

/** As lib/upkeep/dead-letters.ts names them. */
function isOfDeadLetters({ logicalId }: StackResource): boolean {
  return logicalId.includes('DeadLetters');
}

function physicalId(resource: StackResource): string {
  return resource.physicalId;
}

async function then<Value, Result>(
  fact: Fact<Value>,
  work: (value: Value) => Promise<Fact<Result>>,
): Promise<Fact<Result>> {
  return 'unknown' in fact ? fact : work(fact.value);
}
