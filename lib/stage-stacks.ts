/** The stacks of one stage: the service, and its replica in a second region where the stage has one. */
import type { App, Environment } from 'aws-cdk-lib';
import { ReplicaStack } from './replica/replica-stack.ts';
import { ServiceStack } from './service-stack.ts';
import type { StageSettings } from './stage/stage-settings.ts';

export interface StageStacks {
  readonly service: ServiceStack;
  readonly replica?: ReplicaStack;
}

/** @param env where the service goes; the replica goes to the same account */
export function makeStage(app: App, stage: StageSettings, env: Environment): StageStacks {
  const name = `Stowage-${stage.name}`;
  const { replicaRegion } = stage;
  if (replicaRegion === undefined) return { service: new ServiceStack(app, name, { stage, env }) };
  const replica = new ReplicaStack(app, `${name}-replica`, {
    stage,
    env: { ...env, region: replicaRegion },
  });
  const { bucketName } = replica.replica;
  const service = new ServiceStack(app, name, {
    stage,
    env,
    replica: { bucketName, region: replicaRegion },
  });
  // S3 accepts a replication rule only for a bucket that exists.
  service.addStackDependency(replica);
  return { service, replica };
}
