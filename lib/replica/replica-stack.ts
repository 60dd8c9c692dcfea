/** The stack of a stage's replica, in a second region. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage/stage-settings.ts';
import { statePolicy } from '../stage/state-policy.ts';
import { StowageReplica } from './stowage-replica.ts';

export interface ReplicaStackProps extends StackProps {
  readonly stage: StageSettings;
}

export class ReplicaStack extends Stack {
  readonly replica: StowageReplica;

  constructor(scope: Construct, id: string, props: ReplicaStackProps) {
    const { stage } = props;
    super(scope, id, {
      description: `Stowage, stage ${stage.name}: copies of release files in a second region`,
      terminationProtection: stage.deletionProtection,
      ...props,
    });
    this.replica = new StowageReplica(this, 'Default', {
      oldVersionDays: stage.oldVersionDays,
      removalPolicy: statePolicy(stage),
    });
  }
}
