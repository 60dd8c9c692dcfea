/** The stack of one stage: a Stowage, and what a stack says of itself. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageSettings } from './stage/stage-settings.ts';
import { Stowage, type StowageProps } from './stowage.ts';

export interface ServiceStackProps extends StackProps {
  readonly stage: StageSettings;
  /** Where every package is copied to (`ReplicaStack`). @default nowhere */
  readonly replica?: StowageProps['replica'];
}

export class ServiceStack extends Stack {
  readonly stowage: Stowage;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    const { stage, replica, ...stackProps } = props;
    super(scope, id, {
      description: `Stowage, stage ${stage.name}: keeps release files and hands them out`,
      terminationProtection: stage.deletionProtection,
      ...stackProps,
    });
    // CDK leaves this id out of logical ids, so the resources are named as if they were in the
    // stack itself.
    this.stowage = new Stowage(this, 'Default', {
      stage,
      ...(replica === undefined ? {} : { replica }),
    });
  }
}
